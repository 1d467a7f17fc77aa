"""Prometheus and Alertmanager do not do what they are there for: the next incident may stay unseen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.backtest.kinds.kind import Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog import prometheus_metrics as metrics
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    import numpy as np

    from payment_bundle.backtest.world import World
    from payment_catalog.metric import Metric

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_BLIND = IncidentKey.MONITORING_BLIND


def counted(metric: Metric, per_hour: float) -> Strike:
    """Return troubles that Prometheus counts."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.monitoring.troubles[metric][when] += per_hour / 3600 * setting_in(world, when, rng)

    return strike


def alertmanagers_down(count: int) -> Strike:
    """Return so many Alertmanagers that are gone; Prometheus cannot give them its alerts."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        monitoring = world.monitoring
        monitoring.alertmanager_up[-count:, when] = 0
        monitoring.members[:, when] -= count
        force = setting_in(world, when, rng) / 60
        monitoring.troubles[metrics.NOTIFICATION_ERRORS][when] += force
        if count == len(monitoring.alertmanager_up):
            monitoring.troubles[metrics.NOTIFICATIONS_DROPPED][when] += force

    return strike


def undelivered(share: float) -> Strike:
    """Return an address that refuses that ``share`` of the messages; they are more than on a quiet day."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.monitoring.messages[when] += 1 / 20
        world.monitoring.undelivered[when] = (share * setting_in(world, when, rng)).clip(0, 1)

    return strike


def split(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let each Alertmanager know only itself."""
    del rng
    world.monitoring.members[:, when] = 1


def differs(world: World, when: slice, rng: np.random.Generator) -> None:
    """Leave one Alertmanager with an old configuration."""
    del rng
    world.monitoring.configuration[-1, when] -= 1


def rejected(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let Prometheus keep its old configuration, as the new one cannot be used."""
    del rng
    world.monitoring.reloaded[when] = 0


def unknown(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let Prometheus know no Alertmanager."""
    del rng
    world.monitoring.discovered[when] = 0


def evaluates_in(share: float, missed_an_hour: float = 0) -> Strike:
    """Return rules whose evaluation takes that ``share`` of the time that they have."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        interval = world.setting.settings.scraping.evaluation_interval.total_seconds()
        monitoring = world.monitoring
        force = setting_in(world, when, rng, 5 * _MINUTE, 0.02)
        monitoring.evaluation[when] += share * interval * force
        monitoring.troubles[metrics.RULE_ITERATIONS_MISSED][when] += missed_an_hour / 3600 * force

    return strike


def scraped_in(seconds: float) -> Strike:
    """Return a scrape of the service that takes so long."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.monitoring.scrape[when] += seconds * setting_in(world, when, rng, 5 * _MINUTE, 0.03)

    return strike


def _kind(name: str, title: str, alerts: set[str], **levels: Level) -> Kind:
    return Kind(name, title, _BLIND, frozenset(alerts), {Strength(strength): levels[strength] for strength in levels})


KINDS = (
    _kind(
        "alertmanager-down",
        "Alertmanagers are gone",
        {"AlertmanagerDown", "MonitoringInstanceDown", "AlertsDropped", "AlertmanagerNotReached"},
        slight=Level(None, _MINUTE, alertmanagers_down(1)),
        noticeable=Level(Priority.P3, _HOUR, alertmanagers_down(1)),
        outage=Level(Priority.P1, 30 * _MINUTE, alertmanagers_down(2)),
    ),
    _kind(
        "alertmanager-unknown",
        "Prometheus has nobody to tell",
        {"NoAlertmanagerKnown"},
        outage=Level(Priority.P1, 30 * _MINUTE, unknown),
    ),
    _kind(
        "alerts-refused",
        "An Alertmanager does not take alerts",
        {"AlertmanagerNotReached", "AlertsDropped"},
        slight=Level(None, 5 * _MINUTE, counted(metrics.NOTIFICATION_ERRORS, 12)),
        noticeable=Level(Priority.P2, _HOUR, counted(metrics.NOTIFICATION_ERRORS, 120)),
    ),
    _kind(
        "messages-undelivered",
        "Messages to people are refused",
        {"MessagesNotDelivered"},
        slight=Level(None, 30 * _MINUTE, undelivered(0.001)),
        noticeable=Level(Priority.P2, _HOUR, undelivered(0.2)),
        severe=Level(Priority.P1, _HOUR, undelivered(1)),
    ),
    _kind(
        "alertmanager-split",
        "Alertmanagers do not know each other",
        {"AlertmanagerClusterSplit"},
        slight=Level(None, 5 * _MINUTE, split),
        noticeable=Level(Priority.P3, _HOUR, split),
    ),
    _kind(
        "alertmanager-configurations",
        "Alertmanagers have different configurations",
        {"AlertmanagerConfigurationsDiffer"},
        slight=Level(None, 5 * _MINUTE, differs),
        noticeable=Level(Priority.P3, _HOUR, differs),
    ),
    _kind(
        "prometheus-configuration",
        "Prometheus has rejected its configuration",
        {"MonitoringConfigurationRejected"},
        slight=Level(None, _MINUTE, rejected),
        noticeable=Level(Priority.P3, _HOUR, rejected),
    ),
    _kind(
        "rules-fail",
        "Rules cannot be evaluated",
        {"RuleEvaluationFails"},
        slight=Level(None, _MINUTE, counted(metrics.RULE_FAILURES, 60)),
        severe=Level(Priority.P1, _HOUR, counted(metrics.RULE_FAILURES, 720)),
    ),
    _kind(
        "rules-slow",
        "Rules take too long",
        {"RuleGroupSlow", "RuleEvaluationsMissed"},
        slight=Level(None, 30 * _MINUTE, evaluates_in(0.5)),
        noticeable=Level(Priority.P3, _HOUR, evaluates_in(0.9)),
        severe=Level(Priority.P2, _HOUR, evaluates_in(1.5, 80)),
    ),
    _kind(
        "scrape-slow",
        "Scraping the service takes nearly as long as it may",
        {"ScrapeSlow"},
        slight=Level(None, 30 * _MINUTE, scraped_in(4)),
        noticeable=Level(Priority.P3, _HOUR, scraped_in(9)),
    ),
    _kind(
        "storage-fails",
        "Prometheus cannot write what it scrapes",
        {"PrometheusStorageFails"},
        slight=Level(None, _MINUTE, counted(metrics.WAL_CORRUPTIONS, 60)),
        severe=Level(Priority.P2, _HOUR, counted(metrics.WAL_WRITES_FAILED, 600)),
    ),
    _kind(
        "scrapes-over-limit",
        "Scrapes are dropped for a limit",
        {"ScrapesOverLimit"},
        severe=Level(Priority.P2, _HOUR, counted(metrics.SAMPLE_LIMIT_EXCEEDED, 240)),
    ),
    _kind(
        "samples-dropped",
        "Samples are dropped, as two targets have the same labels",
        {"SamplesDropped"},
        noticeable=Level(Priority.P3, _HOUR, counted(metrics.SAMPLES_DUPLICATE, 5000)),
    ),
)
