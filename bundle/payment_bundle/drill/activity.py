"""What is going on in Prometheus, as far as it is a drill's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.drill.drill import BACKGROUND, BUSY_MACHINE, CPU
from payment_bundle.drill.house import UNHURRIED
from payment_bundle.prometheus_api import PrometheusError

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from payment_bundle.drill.house import House

_FIRING = "firing"


class Activity:
    """Asks for the alerts of a house. ``expected`` are those of a drill, which count in any case.

    ``machine_was_busy`` tells whether, at one of the questions, the processors of the machine had hardly been idle:
    that answers are slow then is the machine's matter.
    """

    def __init__(self, house: House, expected: Collection[str]) -> None:
        self._prometheus = house.prometheus
        self._expected = expected
        self._unhurried = {alert.name for group in house.groups if group.name in UNHURRIED for alert in group.alerts}
        self.machine_was_busy = False

    def firing(self) -> tuple[str, ...]:
        """Return the names of the alerts that fire."""
        return tuple(sorted({name for name, state in self._alerts() if state == _FIRING}))

    def unsettled(self) -> tuple[str, ...]:
        """Return the names of the alerts that fire, or may soon: not those that are pending as long as in real time."""
        return tuple(
            sorted({name for name, state in self._alerts() if state == _FIRING or name not in self._unhurried})
        )

    def _alerts(self) -> list[tuple[str, str]]:
        try:
            alerts: list[dict[str, Any]] = self._prometheus.get("alerts", {})["alerts"]
        except PrometheusError:
            return [("Prometheus does not answer", _FIRING)]
        found = [(alert["labels"]["alertname"], alert["state"]) for alert in alerts]
        busy = any(name == CPU for name, _ in found)
        self.machine_was_busy |= busy
        ignored = (BACKGROUND | (BUSY_MACHINE if busy else frozenset())) - set(self._expected)
        return [(name, state) for name, state in found if name not in ignored]
