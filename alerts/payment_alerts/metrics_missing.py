"""The alert on metrics that alerts read and that are not published, though what publishes them is well.

A release that renames a metric would leave every alert on it silent for good.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, Scenario, outlined
from payment_alerts.publications import DEMANDING, Publications
from payment_alerts.published_metrics import SCRAPED, expected_metrics, publishing
from payment_alerts.scenario_series import selector
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import quote
from payment_catalog.severities import Priority, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_alerts.published_metrics import Expected
    from payment_catalog.catalog import Catalog

METRICS_MISSING_GROUP = "payment-metrics-missing"

_MINUTE = timedelta(minutes=1)
_AT = timedelta(minutes=8)
#: A roll-out and the first minutes of a program are over by then.
_PENDING = timedelta(minutes=5)
#: Every alternative is long, and there are many.
_OUTLINE = timedelta(minutes=4)


def metrics_missing_alerts(catalog: Catalog, groups: Iterable[AlertGroup]) -> AlertGroup:
    """Return the group on metrics that are not published; ``groups`` are those that read them."""
    return AlertGroup(
        METRICS_MISSING_GROUP,
        "metrics-missing.yaml",
        (metrics_missing(catalog, groups),),
        publishing(catalog),
        dashboard=Dashboard.ON_CALL,
    )


def metrics_missing(catalog: Catalog, groups: Iterable[AlertGroup]) -> Alert:
    """Return the alert on metrics that the rules of ``groups`` read."""
    expected = expected_metrics(catalog, groups)
    return Alert(
        name="MetricsMissing",
        expr=" or ".join(map(_missing, expected)),
        pending=_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.job }} does not publish {{ $labels.metric }}",
        description="No instance in {{ $labels.environment }} publishes {{ $labels.metric }}, though Prometheus "
        "scrapes them: alerts that read it cannot fire.",
        meaning="A release renamed or dropped the metric, or relabelling drops it.",
        impact="None by itself; what the metric's alerts watch for stays unseen.",
        scenarios=_scenarios(Publications.of(catalog.settings, expected, _AT // _MINUTE)),
    )


def _missing(expected: Expected) -> str:
    """Return an expression with a result, named by the label ``metric``, for each place that lacks the metric."""
    published = selector(expected.series, {"job": expected.job})
    name = quote(expected.metric.name)
    return f'label_replace({expected.demand} unless on (environment, namespace) {published}, "metric", {name}, "", "")'


def _scenarios(programs: Publications) -> tuple[Scenario, ...]:
    second = programs.second
    up, demands = (*programs.up(), *second.up()), programs.demands()
    all_but_demands = programs.lacking(found for found in programs.expected if found.metric not in DEMANDING)
    of_any_scrape = programs.lacking(found for found in programs.expected if found.demanded_by == SCRAPED)
    return outlined(
        _OUTLINE,
        Scenario("nothing but what demands the rest", (*up, *demands, *second.demands()), _AT, all_but_demands),
        Scenario(
            "the same, the second exporter's collectors fail, and other places publish everything",
            (*up, *demands, *second.demands(requests=0, success=0), *programs.published_elsewhere()),
            _AT,
            all_but_demands,
        ),
        Scenario(
            "nothing at all, one of two is down, and other places publish everything",
            (*programs.up(0), *second.up(), *programs.published_elsewhere()),
            _AT,
            of_any_scrape,
        ),
        Scenario("everything is published", (*up, *demands, *programs.published()), _AT),
        Scenario(
            "nobody has asked for anything yet, and no collector succeeds",
            (*up, *programs.demands(requests=0, success=0), *programs.published_at_once()),
            _AT,
        ),
        Scenario("all is down", programs.up(0), _AT),
        Scenario("it comes with the next release", (*up, *demands, *programs.published(after=4)), _AT),
        Scenario("not for long enough", (*up, *demands), _PENDING - _MINUTE),
        Scenario("no data", (), _AT),
    )
