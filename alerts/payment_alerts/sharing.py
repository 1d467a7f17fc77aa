"""Rules where services share one Prometheus: each reads the series of its own service, and none is there twice.

A namespace belongs to one service of a Prometheus. So a selector that names neither the service's jobs nor a namespace
gets the service's: recorded series, and the runbook's two security alerts. Alerts on Prometheus and Alertmanager
themselves are no service's, and an incident is escalated the same way in every namespace: a fleet has these once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_alerts.escalation_alerts import ESCALATION_FILE
from payment_alerts.monitoring_alerts import MONITORING_FILE
from payment_catalog.promql import PromQLError, parse
from payment_catalog.promql_text import write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_alerts.alert import AlertGroup
    from payment_catalog.settings import Settings

#: What tells the services of one Prometheus, and of one Alertmanager, apart.
NAMESPACE = "namespace"
_JOB = "job"
#: What a Prometheus has once for several services.
_ONCE = frozenset({MONITORING_FILE, ESCALATION_FILE})


def of_service(settings: Settings, groups: Iterable[AlertGroup]) -> tuple[AlertGroup, ...]:
    """Return the groups as they are about the service alone: as they are where it has a Prometheus of its own."""
    return tuple(_scoped(settings, group) for group in groups) if settings.shared else tuple(groups)


def rules_of_service(settings: Settings, groups: Iterable[AlertGroup]) -> tuple[AlertGroup, ...]:
    """Return the groups that Prometheus loads for the service: without those that it has once for several."""
    if not settings.shared:
        return tuple(groups)
    return tuple(_scoped(settings, group) for group in groups if group.file not in _ONCE)


def rules_of_fleet(settings: Settings, groups: Iterable[AlertGroup]) -> tuple[AlertGroup, ...]:
    """Return what those leave out: the alerts on the monitoring, and the escalation of every service's alerts."""
    found = {group.file: group for group in groups}
    escalating = (found[ESCALATION_FILE],) if ESCALATION_FILE in found else ()
    return _scoped(settings, found[MONITORING_FILE]), *escalating


def scoped(expression: str, settings: Settings) -> str:
    """Return ``expression`` with every selector on the service's series only; as it is where it cannot be parsed."""
    jobs = {settings.service, settings.exporter}

    def own(found: ast.Matcher) -> bool:
        return found.name == NAMESPACE or (found.name == _JOB and jobs.issuperset(found.value.split("|")))

    def narrowed(node: ast.Expr) -> ast.Expr | None:
        if not isinstance(node, ast.VectorSelector):
            return None
        matchers = node.matchers.matchers
        if any(map(own, matchers)):
            return None
        node.matchers = ast.Matchers([*matchers, ast.Matcher(ast.MatchOp.Equal, NAMESPACE, settings.namespace)])
        return parse(write(node))

    try:
        return write(ast.transform(parse(expression), None, narrowed))
    except PromQLError:
        return expression


def _scoped(settings: Settings, group: AlertGroup) -> AlertGroup:
    return replace(
        group,
        alerts=tuple(replace(alert, expr=scoped(alert.expr, settings)) for alert in group.alerts),
        recordings=tuple(replace(rule, expr=scoped(rule.expr, settings)) for rule in group.recordings),
    )
