"""Input series of scenarios: what a scrape of the service or the exporter would have stored."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payment_alerts.alert import InputSeries
from payment_catalog.monitoring import ALERTMANAGER_JOB, MONITORING, PROMETHEUS_JOB
from payment_catalog.promql import number, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.settings import Settings

#: As ``rising`` writes it.
_RISING = re.compile(r"0\+(?P<step>.+)x(?P<minutes>\d+)")


@dataclass(frozen=True, slots=True)
class Target:
    """A scraped program, with the labels that scraping attaches."""

    environment: str
    namespace: str
    job: str
    instance: str

    @property
    def job_labels(self) -> dict[str, str]:
        """Labels of what is summed over instances."""
        return {"environment": self.environment, "namespace": self.namespace, "job": self.job}

    @property
    def instance_labels(self) -> dict[str, str]:
        """Labels of what is told apart by instance."""
        return {**self.job_labels, "instance": self.instance}

    @property
    def second(self) -> Target:
        """Another instance beside this one."""
        return replace(self, instance="second:1")

    def series(self, name: str, values: str, **labels: str) -> InputSeries:
        """Return the series ``name`` of this target with promtool's ``values``."""
        return InputSeries(selector(name, {**self.instance_labels, **labels}), values)


def service_target(settings: Settings) -> Target:
    """Return the first service of the first environment."""
    environment, addresses = next(iter(settings.environments.items()))
    return Target(environment, settings.namespace, settings.service, addresses.service[0])


def exporter_target(settings: Settings) -> Target:
    """Return the first exporter of the first environment."""
    environment, addresses = next(iter(settings.environments.items()))
    return Target(environment, settings.namespace, settings.exporter, addresses.exporter[0])


def prometheus_target(settings: Settings) -> Target:
    """Return the first Prometheus."""
    return Target(MONITORING, settings.namespace, PROMETHEUS_JOB, settings.scraping.prometheus[0])


def alertmanager_target(settings: Settings) -> Target:
    """Return the first Alertmanager."""
    return Target(MONITORING, settings.namespace, ALERTMANAGER_JOB, settings.scraping.alertmanagers[0])


def selector(name: str, labels: Mapping[str, str]) -> str:
    """Return a series in PromQL's notation."""
    return f"{name}{{{', '.join(f'{label}={quote(value)}' for label, value in labels.items())}}}"


def rising(per_minute: float, minutes: int) -> str:
    """Return a counter that grows steadily from 0."""
    return f"0+{number(per_minute)}x{minutes}"


def steady(value: float, minutes: int) -> str:
    """Return a gauge that stays."""
    return f"{number(value)}+0x{minutes}"


def then(*parts: str) -> str:
    """Return one series after the other."""
    return " ".join(parts)


def in_turn(*phases: tuple[InputSeries, ...]) -> tuple[InputSeries, ...]:
    """Return the series of the first phase, going on as in the next ones, which have the same; counters never fall."""
    return tuple(
        InputSeries(same[0].series, _going_on(phase.values for phase in same)) for same in zip(*phases, strict=True)
    )


def _going_on(values: Iterable[str]) -> str:
    parts: list[str] = []
    counted = 0.0
    for part in values:
        if found := _RISING.fullmatch(part):
            step = float(found["step"])
            counted += step if parts else 0
            parts.append(f"{counted:.17g}+{found['step']}x{found['minutes']}")
            # As promtool adds up: a counter that were a trifle less in its next phase would have begun anew.
            for _ in range(int(found["minutes"])):
                counted += step
        else:
            parts.append(part)
    return then(*parts)


def restarted(*phases: tuple[InputSeries, ...]) -> tuple[InputSeries, ...]:
    """Return the series of the first phase, then those of the next ones, which have the same; counters begin anew."""
    return tuple(
        InputSeries(same[0].series, then(*(phase.values for phase in same))) for same in zip(*phases, strict=True)
    )


def slowed(series: tuple[InputSeries, ...], share: float) -> tuple[InputSeries, ...]:
    """Return counters that grow steadily from 0, at that share of their pace; raises ValueError for others."""

    def slow(values: str) -> str:
        found = _RISING.fullmatch(values)
        if found is None:
            raise ValueError(f"{values} does not grow steadily from 0")
        return rising(float(found["step"]) * share, int(found["minutes"]))

    return tuple(replace(one, values=slow(one.values)) for one in series)


def absent(minutes: int) -> str:
    """Return minutes without a sample."""
    return f"_x{minutes}"
