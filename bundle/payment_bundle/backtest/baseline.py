"""What somebody would write who types the runbook's limits into Prometheus: the alerts that ours must surpass.

One alert for each limit, as soon as a value is beyond it, without waiting, grouping or inhibition, and one for targets
that are down. Only the two alerts that the runbook writes out wait as long as it says.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup
from payment_alerts.security_alerts import security_alerts
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import UP
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.catalog import Catalog
    from payment_catalog.signal import Signal
    from payment_catalog.thresholds import Threshold

#: Begins the name of every alert of the baseline.
_PREFIX = "Plain"


def baseline(catalog: Catalog) -> AlertGroup:
    """Return the plain alerts. They read series that the bundle's own groups record: evaluate them together."""
    return AlertGroup(
        "plain-thresholds",
        "plain-thresholds.yaml",
        (
            *(
                alert
                for signal in catalog.signals
                if signal.threshold is not None
                for alert in _beyond(signal, signal.threshold)
            ),
            *(
                replace(alert, name=f"{_PREFIX}{alert.name}", priority=Priority.P0, scenarios=())
                for alert in security_alerts(catalog).alerts
            ),
            _alert("TargetDown", f"{UP} == 0", "A target of Prometheus is down."),
        ),
        dashboard=Dashboard.OVERVIEW,
    )


def is_baseline(alert: str) -> bool:
    """Tell whether an alert of that name is one of the baseline's."""
    return alert.startswith(_PREFIX)


def _beyond(signal: Signal, threshold: Threshold) -> Iterator[Alert]:
    name = "".join(part.capitalize() for part in signal.key.split("_"))
    for limit in (threshold.warning, threshold.critical):
        if limit is not None:
            beyond = f"{threshold.comparator} {number(limit)}"
            side = f"{threshold.bad.capitalize()}{number(limit)}".replace(".", "_")
            yield _alert(f"{name}{side}", f"{signal.queries[0].expr} {beyond}", f"{threshold.source}.")


def _alert(name: str, expr: str, meaning: str) -> Alert:
    """Return an alert that is as urgent as can be: a plain threshold knows no difference."""
    return Alert(
        name=f"{_PREFIX}{name}",
        expr=expr,
        pending=timedelta(0),
        severity=Severity.CRITICAL,
        priority=Priority.P0,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary=meaning,
        description=meaning,
        meaning=meaning,
        impact="Unknown.",
        scenarios=(),
        silent_elsewhere=False,
    )
