"""The course of a drill: calm, incident, message, diagnosis, healing, end of the message."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from payment_alerts.routes import priority_receiver
from payment_bundle.drill import verdict
from payment_bundle.drill.activity import Activity
from payment_bundle.drill.diagnosis import Ran, diagnose
from payment_bundle.drill.drill import BACKGROUND, BUSY_MACHINE
from payment_bundle.drill.translation import Here

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_bundle.drill.drill import Drill, Expected
    from payment_bundle.drill.house import House
    from payment_bundle.drill.inbox import Inbox
    from payment_bundle.drill.scene import Scene
    from payment_bundle.drill.verdict import Told

_POLL = 0.2
#: What programs need at any speed, and what the rules need in real time.
_PROGRAMS, _RULES = timedelta(seconds=60), timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a drill went.

    ``cleared`` is when the last contact point knew that it is over, ``None`` where one did not hear of it. ``others``
    are alerts that came beside the expected ones, ``problems`` what must not be. Where the machine was busy, alerts
    about slow answers are its matter, and no wrong pages.
    """

    drill: Drill
    started: datetime
    healed: datetime
    ended: datetime
    told: tuple[Told, ...]
    cleared: datetime | None
    others: tuple[str, ...]
    machine_was_busy: bool
    diagnosis: tuple[Ran, ...]
    problems: tuple[str, ...]

    @property
    def seconds_to_detect(self) -> float | None:
        """From the injection until all that is expected had arrived everywhere."""
        moments = [told.at for told in self.told if told.at is not None]
        return (max(moments) - self.started).total_seconds() if len(moments) == len(self.told) else None

    @property
    def seconds_to_clear(self) -> float | None:
        """From healing until everybody knew."""
        return max(0.0, (self.cleared - self.healed).total_seconds()) if self.cleared else None


def run_drill(scene: Scene, drill: Drill, inbox: Inbox) -> Outcome:
    """Run ``drill`` and return how it went; the incident is healed also where an exception ends it."""
    return _Course(scene, drill, inbox).run()


class _Course:
    def __init__(self, scene: Scene, drill: Drill, inbox: Inbox) -> None:
        self._scene = scene
        self._house: House = scene.house
        self._drill = drill
        self._inbox = inbox
        settings = self._house.catalog.settings
        self._routing: dict[Expected, tuple[str, ...]] = {
            expected: priority_receiver(settings, expected.priority, expected.team).contacts
            for expected in drill.expected
        }
        self._activity = Activity(self._house, [expected.alert for expected in drill.expected])

    def run(self) -> Outcome:
        self._house.hurry({})
        self._wait(self._limit, self._is_quiet)
        already = self._activity.firing()
        self._drill.prepare(self._scene)
        self._house.hurry(self._drill.hurried)
        self._wait(timedelta(seconds=self._drill.calm), lambda: False)
        log_from = self._house.service_log.stat().st_size + 1
        started = datetime.now(UTC)
        with self._drill.inject(self._scene):
            self._wait(self._limit, lambda: all(told.at for told in self._told(started)))
            diagnosis = self._diagnose(log_from)
        healed = datetime.now(UTC)
        is_clear = self._wait(self._limit, lambda: self._is_over(started) and self._is_quiet())
        arrivals = self._inbox.since(started)
        told = self._told(started)
        lasting = () if is_clear else self._activity.unsettled() or ("nobody says so",)
        expected = {found.alert for found in self._drill.expected}
        return Outcome(
            drill=self._drill,
            started=started,
            healed=healed,
            ended=datetime.now(UTC),
            told=told,
            cleared=max((item.at for item in arrivals if item.alert in expected), default=None) if is_clear else None,
            others=tuple(sorted({item.alert for item in arrivals if item.fires} - expected)),
            machine_was_busy=self._activity.machine_was_busy,
            diagnosis=diagnosis,
            problems=(
                *(f"{name} fired before" for name in already),
                *(f"{found.expected.alert} did not arrive at {_missing(found)}" for found in told if found.at is None),
                *verdict.wrong_pages(self._drill, self._routing, arrivals, self._ignored),
                *(f"'{ran.purpose}' does not show {ran.shows}" for ran in diagnosis if not ran.shown),
                *(f"has not cleared: {name}" for name in lasting),
            ),
        )

    @property
    def _ignored(self) -> frozenset[str]:
        busy = BUSY_MACHINE if self._activity.machine_was_busy else frozenset()
        return BACKGROUND | self._house.added | busy

    @property
    def _limit(self) -> timedelta:
        return _PROGRAMS + _RULES / self._house.pace.speed

    def _told(self, started: datetime) -> tuple[Told, ...]:
        return verdict.told(self._routing, self._inbox.since(started))

    def _is_over(self, started: datetime) -> bool:
        return verdict.is_over(self._routing, self._inbox.since(started))

    def _is_quiet(self) -> bool:
        return not self._activity.unsettled()

    def _diagnose(self, log_from: int) -> tuple[Ran, ...]:
        house = self._house
        here = Here(
            str(house.service_log),
            log_from,
            house.gateway_url,
            house.profiles_url,
            house.postgres is not None,
        )
        incident = house.catalog.incidents[self._drill.incident]
        return diagnose(incident, self._drill.shows, here, house.environment)

    def _wait(self, limit: timedelta, holds: Callable[[], bool]) -> bool:
        """Return whether ``holds()`` within ``limit``; raises what the house's ``check`` raises."""
        deadline = time.monotonic() + limit.total_seconds()
        while True:
            self._house.check()
            self._inbox.look()
            if holds():
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL)


def _missing(told: Told) -> str:
    return ", ".join(told.contact_points)
