"""Log lines in scenarios: what a Fluentd counts of a pattern, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.scenario_series import Target, rising, service_target
from payment_catalog import fluentd_metrics as fluentd

if TYPE_CHECKING:
    from payment_alerts.alert import InputSeries
    from payment_catalog.settings import Settings
    from payment_catalog.vocabulary import LogPattern

#: Labels of what is compared across programs, whose jobs differ.
PLACE = ("environment", "namespace")


def fluentd_target(settings: Settings) -> Target:
    """Return a Fluentd of the first environment."""
    service = service_target(settings)
    return Target(service.environment, service.namespace, fluentd.FLUENTD_JOB, f"node:{fluentd.FLUENTD_PORT}")


def counted(target: Target, pattern: LogPattern, values: str) -> InputSeries:
    """Return what one Fluentd counts of a pattern."""
    (label,) = fluentd.LOG_LINES.label_names
    return target.series(fluentd.LOG_LINES.name, values, **{label: pattern.value})


def at_pace(per_second: float, minutes: int) -> str:
    """Return a counter of lines that come steadily."""
    return rising(60 * per_second, minutes)


def place(target: Target) -> dict[str, str]:
    """Return the labels of what is summed over all programs of a place."""
    return {name: target.job_labels[name] for name in PLACE}
