"""The types of what an extension builds: Python checks none of them, and what reads them would fail far from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import partial
from types import FunctionType
from typing import TypeAlias

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_catalog.dashboards import Dashboard, OwnDashboard
from payment_catalog.escalation import Team
from payment_catalog.incident import Cause, Command, Incident, IncidentKey, OwnIncidentKey
from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.severities import Priority, Severity
from payment_catalog.signal import Query, RecordingRule
from payment_catalog.thresholds import Unit
from payment_dashboards.added_panels import RowsOn
from payment_dashboards.board import Board, Row
from payment_dashboards.limits import Limits
from payment_dashboards.panels.note import Note
from payment_dashboards.panels.panel import Link, Panel


@dataclass(frozen=True, slots=True)
class Several:
    """A tuple of items of one kind."""

    kind: Kind


Kind: TypeAlias = "type | tuple[type, ...] | Several"

#: What is called to make a part.
FUNCTION = (FunctionType, partial)
_NUMBER = (int, float)
_KEY = (IncidentKey, OwnIncidentKey)

_FIELDS: Mapping[type, Mapping[str, Kind]] = {
    Metric: {
        "name": str,
        "type": MetricType,
        "description": str,
        "published_by": str,
        "labels": Several(Label),
        "buckets": Several(_NUMBER),
    },
    Label: {"name": str, "values": Several(str), "bound": str},
    Incident: {
        "key": _KEY,
        "title": str,
        "team": Team,
        "symptoms": Several(str),
        "diagnosis": Several(Command),
        "causes": Several(Cause),
    },
    Command: {"purpose": str, "shell": str},
    Cause: {"title": str, "notes": Several(str), "commands": Several(Command)},
    AlertGroup: {
        "name": str,
        "file": str,
        "alerts": Several(Alert),
        "recordings": Several(RecordingRule),
        "interval": (timedelta, type(None)),
        "dashboard": (Dashboard, OwnDashboard),
    },
    Alert: {
        "name": str,
        "expr": str,
        "pending": timedelta,
        "severity": Severity,
        "priority": Priority,
        "team": Team,
        "incident": _KEY,
        "summary": str,
        "description": str,
        "meaning": str,
        "impact": str,
        "scenarios": Several(Scenario),
        "keep_firing": timedelta,
        "from_series": frozenset,
        "extra_labels": Mapping,
    },
    Scenario: {
        "title": str,
        "series": Several(InputSeries),
        "at": timedelta,
        "firing": Several(Mapping),
        "every": timedelta,
    },
    InputSeries: {"series": str, "values": str},
    RecordingRule: {"record": str, "expr": str},
    Board: {"dashboard": (Dashboard, OwnDashboard), "description": str, "rows": Several(Row)},
    RowsOn: {"dashboard": Dashboard, "rows": Several(Row)},
    Row: {"title": str, "panels": Several((Panel, Note))},
    Panel: {
        "title": str,
        "description": str,
        "queries": Several(Query),
        "unit": Unit,
        "limits": Limits,
        "links": Several(Link),
        "value_links": Several(Link),
        "width": int,
        "height": int,
    },
    Note: {"title": str, "text": str, "width": int, "height": int},
    Query: {"expr": str, "legend": str},
    Link: {"title": str, "url": str},
}


def mistyped(value: object, kind: Kind, path: str = "") -> str:
    """Return what of ``value`` is not of its type, by its path, or else nothing: ``alerts[0].team is 'x' (str); …``."""
    if isinstance(kind, Several):
        return _mistyped_items(value, kind.kind, path)
    if not isinstance(value, kind):
        return f"{path or 'it'} is {_shown(value)}; it must be {_named(kind)}"
    expected = next((found for known, found in _FIELDS.items() if isinstance(value, known)), {})
    wrong = (mistyped(getattr(value, name), of, f"{path}.{name}".lstrip(".")) for name, of in expected.items())
    return next(filter(None, wrong), "")


def _mistyped_items(value: object, kind: Kind, path: str) -> str:
    if not isinstance(value, tuple):
        return f"{path} is {_shown(value)}; it must be a tuple, each item of which is {_named(kind)}"
    return next(filter(None, (mistyped(item, kind, f"{path}[{index}]") for index, item in enumerate(value))), "")


def _shown(value: object) -> str:
    text = repr(value)
    short = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{short} ({type(value).__name__})"


def _named(kind: Kind) -> str:
    if isinstance(kind, Several):
        return f"a tuple of {_named(kind.kind)}"
    if kind == FUNCTION:
        return "a function"
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(map(_named_type, kinds))


def _named_type(kind: type) -> str:
    if kind is type(None):
        return "None"
    if issubclass(kind, Enum):
        return f"{kind.__name__}.{'|'.join(member.name for member in kind)}"
    return kind.__name__
