"""What happened, and what the alerts owe: a labelled incident, or something harmless that looks like one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payment_catalog.incident import IncidentKey
    from payment_catalog.severities import Priority


class Strength(StrEnum):
    """How bad an incident is, from barely relevant to outage."""

    SLIGHT = "slight"
    NOTICEABLE = "noticeable"
    SEVERE = "severe"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that lasts from ``start`` to ``end``, Unix times.

    ``priority`` is what it deserves by the runbook's severity levels, ``None`` where nobody needs to be told (a
    harmless look-alike, or an incident too slight to matter). An alert among ``alerts`` detects it, when it is at
    least as urgent as ``priority``. ``spends`` has the keys of the objectives whose budget it spends faster
    than allowed.
    """

    kind: str
    start: int
    end: int
    strength: Strength | None = None
    incident: IncidentKey | None = None
    priority: Priority | None = None
    alerts: frozenset[str] = frozenset()
    spends: frozenset[str] = frozenset()

    @property
    def is_harmless(self) -> bool:
        """Whether nobody needs to be told."""
        return self.priority is None
