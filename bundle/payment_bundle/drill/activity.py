"""What is going on in Prometheus and Alertmanager, as far as it is a drill's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from payment_bundle.drill.drill import BACKGROUND, BUSY_MACHINE, CPU
from payment_bundle.drill.house import UNHURRIED
from payment_bundle.prometheus_api import PrometheusError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from payment_bundle.drill.house import House

_FIRING = "firing"
_LIMIT = 10.0


class Activity:
    """Asks for the alerts of a house. ``expected`` are those of a drill, which count in any case.

    ``machine_was_busy`` tells whether, at one of the questions, the processors of the machine had hardly been idle:
    that answers are slow then is the machine's matter.
    """

    def __init__(self, house: House, expected: Collection[str]) -> None:
        self._prometheus = house.prometheus
        self._alertmanager = house.alertmanager_url
        self._expected = expected
        self._added = house.added
        self._unhurried = {alert.name for group in house.groups if group.name in UNHURRIED for alert in group.alerts}
        self.machine_was_busy = False

    def firing(self) -> tuple[str, ...]:
        """Return the names of the alerts that fire."""
        return tuple(sorted({name for name, state in self._alerts() if state == _FIRING}))

    def unsettled(self) -> tuple[str, ...]:
        """Return the names of the alerts that fire, or may soon: not those that are pending as long as in real time.

        An alert that Alertmanager has not seen end yet is one of them: when what inhibits it ends first, it is told.
        """
        return tuple(
            sorted({name for name, state in self._alerts() if state == _FIRING or name not in self._unhurried})
        )

    def _alerts(self) -> list[tuple[str, str]]:
        found = [*self._in_prometheus(), *self._in_alertmanager()]
        busy = any(name == CPU for name, _ in found)
        self.machine_was_busy |= busy
        ignored = (BACKGROUND | self._added | (BUSY_MACHINE if busy else frozenset())) - set(self._expected)
        return [(name, state) for name, state in found if name not in ignored]

    def _in_prometheus(self) -> Iterator[tuple[str, str]]:
        try:
            alerts: list[dict[str, Any]] = self._prometheus.get("alerts", {})["alerts"]
        except PrometheusError:
            yield "Prometheus does not answer", _FIRING
            return
        for alert in alerts:
            yield alert["labels"]["alertname"], alert["state"]

    def _in_alertmanager(self) -> Iterator[tuple[str, str]]:
        try:
            answer = requests.get(f"{self._alertmanager}/api/v2/alerts", timeout=_LIMIT)
            answer.raise_for_status()
            alerts: list[dict[str, Any]] = answer.json()
        except requests.RequestException:
            yield "Alertmanager does not answer", _FIRING
            return
        for alert in alerts:
            yield alert["labels"]["alertname"], _FIRING
