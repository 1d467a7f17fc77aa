"""Alerts on what Prometheus scrapes and cannot keep."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, Scenario
from payment_alerts.scenario_series import Target, prometheus_target, steady, then
from payment_alerts.still_failing import STILL, still_failing_scenarios
from payment_catalog import prometheus_metrics as metrics
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.monitoring import PROMETHEUS_JOB
from payment_catalog.promql import quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import WINDOW

if TYPE_CHECKING:
    from payment_alerts.alert import InputSeries
    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Metric

_PROMETHEUS = f"job={quote(PROMETHEUS_JOB)}"
_AT = timedelta(minutes=17)
_MINUTES = _AT // timedelta(minutes=1)

_LOST_SAMPLES = (metrics.SAMPLES_DUPLICATE, metrics.SAMPLES_OUT_OF_ORDER, metrics.SAMPLES_OUT_OF_BOUNDS)
_LOST_SCRAPES = (
    metrics.SAMPLE_LIMIT_EXCEEDED,
    metrics.BODY_SIZE_LIMIT_EXCEEDED,
    metrics.LABEL_LIMITS_EXCEEDED,
    metrics.TARGET_LIMIT_EXCEEDED,
)
#: Each is tried again within a minute, so that what lasts goes on counting.
_STORAGE = (metrics.COMPACTIONS_FAILED, metrics.RELOADS_FAILED, metrics.WAL_WRITES_FAILED, metrics.WAL_CORRUPTIONS)


def storage_alerts(catalog: Catalog) -> tuple[Alert, ...]:
    """Return the alerts on the storage, the worst first."""
    target = prometheus_target(catalog.settings)
    return (storage_fails(target), scrapes_over_limit(target), samples_dropped(target))


def _rate(counters: tuple[Metric, ...]) -> str:
    """Return the rate of all together: Prometheus publishes each of them from its start on."""
    return " + ".join(f"rate({counter}{{{_PROMETHEUS}}}[{WINDOW}])" for counter in counters)


def _scenarios(target: Target, counters: tuple[Metric, ...]) -> tuple[Scenario, ...]:
    def all_rise(values: str) -> tuple[InputSeries, ...]:
        return tuple(target.series(counter.name, values) for counter in counters)

    def one_rises(rises: Metric) -> tuple[InputSeries, ...]:
        """Once in three minutes, with a restart between."""
        seldom = then("5 5 6 6 6 7 7 0", *(f"{count} {count} {count}" for count in range(1, 5)))
        return tuple(
            target.series(counter.name, seldom if counter is rises else steady(3, _MINUTES)) for counter in counters
        )

    return (
        *still_failing_scenarios(all_rise, target.instance_labels),
        *(
            Scenario(f"only {counter} rises", one_rises(counter), _AT, (target.instance_labels,))
            for counter in counters
        ),
    )


def storage_fails(target: Target) -> Alert:
    """The storage cannot write, compact or read its blocks."""
    return Alert(
        name="PrometheusStorageFails",
        expr=f"{_rate(_STORAGE)} > 0",
        # A single attempt that fails is made good by the next.
        pending=STILL,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="The storage of {{ $labels.instance }} fails",
        description="{{ $value | humanize }} compactions, reads of blocks or writes to the write-ahead log a second "
        "fail on Prometheus {{ $labels.instance }}; its log says which.",
        meaning="The disk is full or damaged, or a block is.",
        impact="Samples are lost or will be with the next restart; alerts over long windows judge by what is left.",
        scenarios=_scenarios(target, _STORAGE),
    )


def scrapes_over_limit(target: Target) -> Alert:
    """Whole scrapes are dropped because of a limit."""
    return Alert(
        name="ScrapesOverLimit",
        expr=f"{_rate(_LOST_SCRAPES)} > 0",
        # A target that is over its limit stays over it.
        pending=STILL,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.instance }} drops scrapes that exceed a limit",
        description="Prometheus {{ $labels.instance }} drops {{ $value | humanize }} scrapes a second because of "
        "sample_limit, body_size_limit, target_limit or a limit on labels; its page /targets says which.",
        meaning="A target publishes more series than it was meant to, mostly by a label with too many values.",
        impact="Nothing of such a target is stored: alerts on it are blind.",
        scenarios=_scenarios(target, _LOST_SCRAPES),
    )


def samples_dropped(target: Target) -> Alert:
    """Samples are dropped because of their time."""
    return Alert(
        name="SamplesDropped",
        expr=f"{_rate(_LOST_SAMPLES)} > 0",
        # A clock that is set right drops some once.
        pending=STILL,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.instance }} drops samples",
        description="Prometheus {{ $labels.instance }} drops {{ $value | humanize }} samples a second whose time is "
        "taken, past or too far ahead.",
        meaning="Two targets or two rules write one series, or a clock is wrong.",
        impact="Of two values one is kept by chance: alerts and panels on such series mislead.",
        scenarios=_scenarios(target, _LOST_SAMPLES),
    )
