"""What the service is measured by: thresholds, and objectives with their burn rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.reference.table import code, prose, table
from payment_catalog.burn_rates import tiers
from payment_catalog.durations import format_duration
from payment_catalog.promql import number
from payment_catalog.slo_series import budget_remaining
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.slos import Objective
    from payment_catalog.thresholds import Threshold


def thresholds(catalog: Catalog) -> str:
    """Return each threshold with its levels, and what ``bundle.yaml`` may set them to."""
    head = ("key", "what it bounds", "bad", "warning", "critical", "allowed", "unit", "the runbook's words")
    return table(head, (_threshold(catalog.settings.threshold(key)) for key in ThresholdKey))


def _threshold(threshold: Threshold) -> tuple[str, ...]:
    return (
        code(threshold.key),
        prose(threshold.title),
        threshold.bad.value,
        _level(threshold.warning),
        _level(threshold.critical),
        f"{number(threshold.minimum)} to {number(threshold.maximum)}",
        threshold.unit.value.replace("_", " "),
        prose(threshold.source),
    )


def _level(level: float | None) -> str:
    return "off" if level is None else number(level)


def objectives(catalog: Catalog) -> str:
    """Return a section for each objective: what it counts, and who is told how soon that its budget burns."""
    return "\n".join(map(_objective, catalog.objectives))


def _objective(objective: Objective) -> str:
    head = ("who is told", "burns this many times too fast", "over both", "that is this share of bad events")
    rows = (
        (
            f"{tier.policy.response.priority} ({tier.policy.response.severity})",
            number(round(tier.rate, 3)),
            f"{format_duration(tier.long)} and {format_duration(tier.short)}",
            f"{tier.rate * objective.error_budget:.4g}",
        )
        for tier in tiers(objective)
    )
    facts = (
        ("key in `bundle.yaml`", code(f"objectives.{objective.key}")),
        ("target", f"{objective.target:g} over {format_duration(objective.window)}"),
        ("error budget", f"{objective.error_budget:.4g} of the events"),
        ("events", code(objective.events)),
        (f"{objective.outcome.value} events", code(objective.counted)),
        ("budget left", code(budget_remaining(objective))),
    )
    return f"## {objective.title}\n\n{prose(objective.description)}.\n\n{table(('', ''), facts)}\n{table(head, rows)}"
