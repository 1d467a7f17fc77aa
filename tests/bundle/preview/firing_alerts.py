"""Alerts of each priority and team: some fire, some fired before, some were only pending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from bundle.preview.courses import END, HOUR, MINUTE, Course, lately

from payment_alerts.groups import alert_groups
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.incident import IncidentKey
from payment_catalog.incident_series import SINCE
from payment_catalog.monitoring import MONITORING

if TYPE_CHECKING:
    from payment_alerts.alert import Alert
    from payment_catalog.catalog import Catalog

Series = tuple[str, Mapping[str, str], Course]
_PENDING = 5 * MINUTE


@dataclass(frozen=True)
class Spell:
    """An alert whose condition holds from ``start`` to ``end`` seconds before the end; it fires 5 minutes later."""

    labels: Mapping[str, str]
    start: float
    end: float = -1

    def series(self) -> Iterator[Series]:
        """Return what Prometheus keeps of it."""
        fires = self.start - _PENDING
        yield ALERTS.name, {**self.labels, "alertstate": "pending"}, lately(1, None, self.start, max(self.end, fires))
        yield ALERTS.name, {**self.labels, "alertstate": "firing"}, lately(1, None, fires, self.end)
        yield ALERTS_FOR_STATE.name, self.labels, lately(END - self.start, None, self.start, self.end)


def alert_series(catalog: Catalog) -> Iterator[Series]:
    """Return the series of the alerts, and those that are recorded of their incidents.

    Of each kind the first fires, the second fired some hours ago, and the third was only pending then.
    """
    alerts = tuple(alert for group in alert_groups(catalog) for alert in group.alerts)
    firing: list[Spell] = []
    for number, (_, found) in enumerate(groupby(sorted(alerts, key=_kind), _kind)):
        labels = [_labels(alert, catalog) for alert in found]
        hours_ago = (4 + number) * HOUR
        firing.append(Spell(labels[0], (1 + 17 * number) * MINUTE % (3 * HOUR) + 2 * _PENDING))
        spells = firing[-1:] + [Spell(one, hours_ago, hours_ago - 35 * MINUTE) for one in labels[1:2]]
        for spell in spells + [Spell(one, hours_ago, hours_ago - 4 * MINUTE) for one in labels[2:3]]:
            yield from spell.series()
    yield from _incidents([one for one in firing if "level" not in one.labels])


def _incidents(firing: list[Spell]) -> Iterator[Series]:
    began: dict[tuple[tuple[str, str], ...], float] = {}
    for one in firing:
        labels = tuple((name, value) for name, value in one.labels.items() if name not in {"alertname", "severity"})
        began[labels] = max(began.get(labels, 0), one.start - _PENDING)
    for labels, ago in began.items():
        yield SINCE, dict(labels), lately(END - ago, None, ago)


def _kind(alert: Alert) -> tuple[str, ...]:
    return alert.priority, alert.team, str(alert.incident is IncidentKey.MONITORING_BLIND)


def _labels(alert: Alert, catalog: Catalog) -> dict[str, str]:
    blind = alert.incident is IncidentKey.MONITORING_BLIND
    return {
        "alertname": alert.name,
        "environment": MONITORING if blind else next(iter(catalog.settings.environments)),
        "namespace": catalog.settings.namespace,
        **alert.labels(catalog),
        **{name: str(getattr(alert, name)) for name in alert.from_series},
    }
