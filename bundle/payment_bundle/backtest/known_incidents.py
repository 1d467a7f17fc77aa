"""What really happened, in a file: incidents to judge one's own alerts by."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from payment_bundle.backtest.occurrence import Occurrence
from payment_bundle.utc import as_utc, parse_utc
from payment_catalog.incident import IncidentKey
from payment_catalog.loading import load_file
from payment_catalog.settings.section import UnsoundError
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog

_ALERTS, _OBJECTIVES = "alerts", "objectives"


def _parse_time(value: object) -> datetime:
    """Return a moment, UTC where no zone is named; YAML makes one itself of a time with seconds."""
    try:
        return as_utc(value) if isinstance(value, datetime) else parse_utc(str(value))
    except ValueError:
        raise ValueError("expected a time such as 2026-11-25T10:00Z") from None


Moment = Annotated[datetime, BeforeValidator(_parse_time)]


class KnownIncident(BaseModel):
    """An incident from its first effect to its last."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    start: Moment
    """When it began, not when it was noticed."""
    end: Moment
    """When the service was well again."""
    priority: Priority
    """P0 to P3, what it deserved by the runbook's severity levels."""
    incident: IncidentKey | None = None
    """Incident of the runbook."""
    title: Annotated[str, Field(min_length=1, max_length=200)] = ""
    """What people call it."""
    alerts: tuple[str, ...] = ()
    """Alerts that detect it. Left out: those of ``incident``; without that, any alert."""
    spends: tuple[str, ...] = ()
    """Keys of the objectives whose error budget it spent faster than allowed."""

    @field_validator("alerts", "spends")
    @classmethod
    def _are_known(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        kind = _ALERTS if info.field_name == "alerts" else _OBJECTIVES
        known: Collection[str] = info.context[kind] if info.context else names
        for index, name in enumerate(names):
            if name not in known:
                close = difflib.get_close_matches(name, list(known), n=3 if kind == _ALERTS else 1)
                allowed = f"; there are {', '.join(known)}" if kind == _OBJECTIVES else ""
                suggestion = f", did you mean {' or '.join(close)}?" if close else ""
                raise UnsoundError((str(index),), f"there is no {kind.removesuffix('s')} '{name}'{suggestion}{allowed}")
        return names

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start >= self.end:
            raise UnsoundError(("end",), f"{self.end.isoformat()} is not after the start, {self.start.isoformat()}")
        return self


class KnownIncidents(BaseModel):
    """The whole of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    incidents: tuple[KnownIncident, ...]

    @field_validator("incidents")
    @classmethod
    def _are_some(cls, incidents: tuple[KnownIncident, ...]) -> tuple[KnownIncident, ...]:
        if not incidents:
            raise UnsoundError((), "has no incident; without one there is nothing to judge by")
        return incidents


def read_known_incidents(file: Path, catalog: Catalog, groups: Sequence[AlertGroup]) -> tuple[Occurrence, ...]:
    """Return what ``file`` tells of, in order of time; raises SettingsError with file, line and key."""
    alerts = {alert.name: alert.incident for group in groups for alert in group.alerts}
    context = {_ALERTS: alerts.keys(), _OBJECTIVES: tuple(objective.key for objective in catalog.objectives)}
    known = load_file(file, KnownIncidents, context)
    found = (
        Occurrence(
            kind=incident.title or (incident.incident or "incident"),
            start=int(incident.start.timestamp()),
            end=int(incident.end.timestamp()),
            incident=incident.incident,
            priority=incident.priority,
            alerts=frozenset(
                incident.alerts or (name for name, about in alerts.items() if incident.incident in {None, about})
            ),
            spends=frozenset(incident.spends),
        )
        for incident in known.incidents
    )
    return tuple(sorted(found, key=lambda occurrence: (occurrence.start, occurrence.end, occurrence.kind)))
