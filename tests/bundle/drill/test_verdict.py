"""Who was told, and who must not have been."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

from payment_bundle.demo.receiver import Notification
from payment_bundle.drill.drill import Drill, Expected
from payment_bundle.drill.inbox import Arrival, Inbox
from payment_bundle.drill.verdict import is_over, told, wrong_pages
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
EXPECTED = Expected("BreakerOpen", Team.SERVICE_OUTAGE, Priority.P1)
ROUTING = {EXPECTED: ("pager", "chat")}
DRILL = Drill(
    "gateway",
    "The gateway is away",
    IncidentKey.HIGH_ERROR_RATE,
    lambda scene: nullcontext(),
    (EXPECTED,),
    frozenset({"ErrorRate"}),
)


def arrival(alert: str, point: str, seconds: float = 0, status: str = "firing", **labels: str) -> Arrival:
    usual = {"alertname": alert, "team": "service-outage", "priority": "P1"}
    return Arrival(Notification(point, status, {**usual, **labels}, {}), START + timedelta(seconds=seconds))


def test_an_alert_is_told_when_the_last_contact_point_has_it() -> None:
    arrivals = [
        arrival("BreakerOpen", "pager", 3),
        arrival("BreakerOpen", "chat", 5),
        arrival("BreakerOpen", "pager", 9),
    ]
    assert [found.at for found in told(ROUTING, arrivals)] == [START + timedelta(seconds=5)]


def test_one_contact_point_is_not_enough() -> None:
    arrivals = [arrival("BreakerOpen", "pager"), arrival("BreakerOpen", "chat", status="resolved")]
    assert [found.at for found in told(ROUTING, arrivals)] == [None]


def test_it_is_over_when_everybody_who_was_told_knows() -> None:
    fires = [arrival("BreakerOpen", "pager"), arrival("BreakerOpen", "chat")]
    assert not is_over(ROUTING, [*fires, arrival("BreakerOpen", "pager", status="resolved")])
    assert is_over(
        ROUTING, [*fires, *(arrival("BreakerOpen", point, status="resolved") for point in ("pager", "chat"))]
    )


def test_what_may_come_is_no_wrong_page() -> None:
    arrivals = [
        arrival("BreakerOpen", "pager"),
        arrival("ErrorRate", "chat", priority="P2"),
        arrival("Watchdog", "chat"),
        arrival("ServiceOutageEscalatedToL2", "chat", level="L2"),
        arrival("Other", "chat", status="resolved"),
    ]
    assert wrong_pages(DRILL, ROUTING, arrivals, {"Watchdog"}) == ()


def test_what_is_ignored_is_judged_all_the_same_where_it_is_expected() -> None:
    arrivals = [arrival("BreakerOpen", "security")]
    assert wrong_pages(DRILL, ROUTING, arrivals, {"BreakerOpen"})


def test_wrong_pages_are_named() -> None:
    arrivals = [
        arrival("BreakerOpen", "security"),
        arrival("BreakerOpen", "pager", team="data-issue"),
        arrival("BackupOverdue", "chat", team="data-issue", priority="P2"),
        arrival("SecurityIncidentEscalatedToL2", "chat", level="L2", team="security-incident"),
    ]
    assert wrong_pages(DRILL, ROUTING, arrivals) == (
        "BreakerOpen arrived at security, where it does not belong",
        "BreakerOpen is P1 of data-issue, not P1 of service-outage",
        "BackupOverdue (P2, data-issue) must not come",
        "SecurityIncidentEscalatedToL2 calls a team that has nothing to do with it",
    )


class Few:
    """A receiver that keeps the newest three."""

    def __init__(self) -> None:
        self.kept: list[Notification] = []

    def receive(self, *alerts: str) -> None:
        self.kept = [*self.kept, *(Notification("chat", "firing", {"alertname": name}, {}) for name in alerts)][-3:]

    def notifications(self) -> tuple[Notification, ...]:
        return tuple(self.kept)


def test_the_inbox_sees_each_message_once_also_where_old_ones_are_dropped() -> None:
    receiver = Few()
    inbox = Inbox(receiver)  # type: ignore[arg-type]  # all that it needs
    for alerts in (("A", "B"), (), ("C", "D"), ("D", "E")):
        receiver.receive(*alerts)
        inbox.look()
    assert [found.alert for found in inbox.arrivals] == ["A", "B", "C", "D", "D", "E"]
