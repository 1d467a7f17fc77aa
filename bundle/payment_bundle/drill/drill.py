"""What a drill is: an incident that is brought about, who must hear of it, and what must show its cause."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from payment_bundle.drill.scene import Scene
    from payment_catalog.escalation import Team
    from payment_catalog.incident import IncidentKey
    from payment_catalog.severities import Priority

#: What says that the machine's processors are busy, and what then comes of it.
CPU = "CpuUsageHigh"
BUSY_MACHINE = frozenset({"ApiLatencyHigh", "ApiLatencyCritical", "LatencyErrorBudgetBurnFast", "EventLoopBlocked"})

#: Alerts that say something true about the machine on which the drills run, or that sum up the last drills: they
#: belong to no drill, and may come with each.
BACKGROUND = frozenset(
    {
        "Watchdog",
        *(CPU, "CpuUsageCritical", "MemoryUsageHigh", "MemoryUsageCritical"),
        *("RuleEvaluationsMissed", "RuleGroupSlow", "ScrapeSlow"),
        *("AvailabilityErrorBudgetBurnSlow", "LatencyErrorBudgetBurnSlow", "PaymentSuccessErrorBudgetBurnSlow"),
    }
)


class Need(StrEnum):
    """What a drill cannot do without."""

    POSTGRES = "PostgreSQL on this machine"
    DISK = "a small file system of its own, which only root can mount"
    SPEED = "more speed: in real time it needs a day and more"


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that must fire and be told to those who hear of that priority of that team."""

    alert: str
    team: Team
    priority: Priority


@dataclass(frozen=True, slots=True)
class Shows:
    """The command with that purpose, on the incident's page, prints what ``pattern`` (a regular expression) finds."""

    purpose: str
    pattern: str


def nothing_to_prepare(scene: Scene) -> None:
    """Leave the scene as it is."""
    del scene


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill.

    In the block of ``inject`` the incident is on; it is healed at the end of the block, however that is left.
    ``allowed`` are alerts that may fire beside those expected. ``hurried`` has rule groups, by name, whose windows
    are hours: they run at a speed of their own; ``prepare`` comes before. ``calm`` is how many seconds everything has
    to be as usual then: what the incident is compared with.
    """

    name: str
    title: str
    incident: IncidentKey
    inject: Callable[[Scene], AbstractContextManager[None]]
    expected: tuple[Expected, ...]
    allowed: frozenset[str] = frozenset()
    shows: tuple[Shows, ...] = ()
    needs: frozenset[Need] = frozenset()
    hurried: Mapping[str, float] = field(default_factory=dict, hash=False)
    prepare: Callable[[Scene], None] = nothing_to_prepare
    calm: float = 0

    @property
    def alerts(self) -> frozenset[str]:
        """Names of all alerts that may fire."""
        return self.allowed | {expected.alert for expected in self.expected}
