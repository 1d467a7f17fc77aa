"""What a shell proposes after Tab: names, looked up where that is fastest.

A shell waits for the answer. So alerts and recorded series are read from the generated files where there are some, and
the catalogue is built only where there are none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer  # noqa: TC002 - typer itself reads the annotations

from payment_bundle.parts import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable

_RULES = re.compile(r"^ *(?:- )?(alert|record): *['\"]?([A-Za-z0-9_:]+)", re.MULTILINE)


def complete_parts(incomplete: str) -> list[str]:
    """Propose parts for a list with commas, each once."""
    before, comma, last = incomplete.rpartition(",")
    taken = set(before.split(","))
    return [f"{before}{comma}{part}" for part in PARTS if part.startswith(last) and part not in taken]


def complete_alerts(ctx: typer.Context, incomplete: str) -> list[str]:
    """Propose alerts."""
    return _starting(_rule_names(ctx, "alert"), incomplete)


def complete_incidents(incomplete: str) -> list[str]:
    """Propose incidents."""
    from payment_catalog.incident import IncidentKey  # noqa: PLC0415 - only when it is asked for

    return _starting((key.value for key in IncidentKey), incomplete)


def complete_drills(incomplete: str) -> list[str]:
    """Propose drills and the incidents that they are about."""
    from payment_bundle.drill.drills.every import DRILLS  # noqa: PLC0415 - only when it is asked for

    names = (drill.name for drill in DRILLS)
    return _starting((*names, *dict.fromkeys(drill.incident.value for drill in DRILLS)), incomplete)


def complete_dashboards(incomplete: str) -> list[str]:
    """Propose the uids of dashboards."""
    from payment_catalog.dashboards import Dashboard  # noqa: PLC0415 - only when it is asked for

    return _starting((dashboard.value for dashboard in Dashboard), incomplete)


def complete_catalog(ctx: typer.Context, incomplete: str) -> list[str]:
    """Propose names of the kind that was typed before."""
    match str(ctx.params.get("kind")):
        case "alerts":
            return complete_alerts(ctx, incomplete)
        case "recordings":
            return _starting(_rule_names(ctx, "record"), incomplete)
        case "incidents":
            return complete_incidents(incomplete)
        case "metrics" | "slos" | "thresholds" as kind:
            return _starting(_declared(kind), incomplete)
    return []


def _declared(kind: str) -> tuple[str, ...]:
    from payment_catalog.catalog import build_catalog  # noqa: PLC0415 - only when it is asked for
    from payment_catalog.settings import Settings  # noqa: PLC0415
    from payment_catalog.thresholds import ThresholdKey  # noqa: PLC0415

    if kind == "thresholds":
        return tuple(key.value for key in ThresholdKey)
    catalog = build_catalog(Settings())
    if kind == "slos":
        return tuple(objective.key for objective in catalog.objectives)
    return tuple(dict.fromkeys(metric.name for metric in catalog.metrics))


def _rule_names(ctx: typer.Context, kind: str) -> tuple[str, ...]:
    generated = Path(ctx.params.get("out") or "generated")
    files = sorted((generated / "prometheus/rules").glob("*.yaml"))
    if files:
        found = (_RULES.findall(file.read_text(encoding="utf-8")) for file in files)
        return tuple(dict.fromkeys(name for names in found for is_kind, name in names if is_kind == kind))
    from payment_alerts.groups import alert_groups, recordings  # noqa: PLC0415 - the slow way
    from payment_catalog.catalog import build_catalog  # noqa: PLC0415
    from payment_catalog.settings import Settings  # noqa: PLC0415

    groups = alert_groups(build_catalog(Settings()))
    if kind == "alert":
        return tuple(alert.name for group in groups for alert in group.alerts)
    return tuple(rule.record for rule in recordings(groups))


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
