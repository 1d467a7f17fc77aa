"""What has arrived at the receiver, with the time at which it was seen there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from payment_catalog.escalation import EscalationLevel

if TYPE_CHECKING:
    from payment_bundle.demo.receiver import Notification, Receiver

_FIRING = "firing"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert of a message, seen ``at`` that time."""

    notification: Notification
    at: datetime

    @property
    def alert(self) -> str:
        """Name of the alert."""
        return self.notification.alert

    @property
    def contact_point(self) -> str:
        """Where it arrived."""
        return self.notification.contact_point

    @property
    def fires(self) -> bool:
        """Whether it says that the alert fires, not that it has ended."""
        return self.notification.status == _FIRING

    @property
    def calls_next_level(self) -> bool:
        """Whether it is an escalation."""
        return self.notification.labels.get("level") in set(EscalationLevel)

    def label(self, name: str) -> str:
        """Return a label of the alert, empty where it has none."""
        return self.notification.labels.get(name, "")


class Inbox:
    """Looks at the receiver now and then."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._newest: Notification | None = None
        self.arrivals: list[Arrival] = []

    def look(self) -> None:
        """Note what has arrived since the last look."""
        now = datetime.now(UTC)
        for notification in self._unseen():
            self.arrivals.append(Arrival(notification, now))

    def since(self, moment: datetime) -> tuple[Arrival, ...]:
        """Return what was seen from ``moment`` on."""
        return tuple(arrival for arrival in self.arrivals if arrival.at >= moment)

    def _unseen(self) -> list[Notification]:
        notifications = self._receiver.notifications()
        unseen: list[Notification] = []
        for notification in reversed(notifications):
            if notification is self._newest:
                break
            unseen.append(notification)
        if notifications:
            self._newest = notifications[-1]
        return unseen[::-1]
