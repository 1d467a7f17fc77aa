"""Series that Prometheus scrapes, by who publishes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.capacity.population import ROLL_OUT
from payment_catalog.cardinality import EXTENTS, Amount, exactly, series_of, total
from payment_catalog.fluentd_metrics import FLUENTD
from payment_catalog.kubernetes_metrics import CADVISOR, KUBE_STATE_METRICS
from payment_catalog.prometheus_metrics import ALERTMANAGER, PROMETHEUS
from payment_catalog.publishers import EXPORTER, SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_bundle.capacity.population import Population
    from payment_catalog.cardinality import Extents
    from payment_catalog.metric import Metric

#: ``up`` and four of how the scrape went ("Automatically generated labels and time series" in Prometheus' docs).
OF_EACH_TARGET = 5
#: Pages that are stored whole, of which the catalogue declares what rules read. Counted on Prometheus 2.42 and
#: Alertmanager 0.25 with the generated configuration, and with room for 3.x; of Fluentd read off its plugin's source.
PROMETHEUS_PAGE = Amount(800, 1500)
PROMETHEUS_OF_EACH_GROUP = 10
ALERTMANAGER_PAGE = Amount(450, 1000)
FLUENTD_PAGE = Amount(150, 400)
FLUENTD_OF_EACH_FILE = 2
#: Whose figures are such estimates, not the catalogue's.
ESTIMATED = frozenset({FLUENTD, PROMETHEUS, ALERTMANAGER})


def scraped_series(
    metrics: Sequence[Metric], population: Population, extents: Extents, groups: int
) -> Mapping[str, Amount]:
    """Return how many series come of each publisher of ``metrics``; each service has ``groups`` groups of rules."""
    of_one = {publisher: _declared(metrics, publisher, extents) for publisher in (SERVICE, EXPORTER)}
    kubernetes = {publisher: _declared(metrics, publisher, extents) for publisher in (KUBE_STATE_METRICS, CADVISOR)}
    targets = population.targets
    files = population.pods * population.places * FLUENTD_OF_EACH_FILE
    rule_groups = exactly(groups * population.services * PROMETHEUS_OF_EACH_GROUP)
    found = {
        SERVICE: of_one[SERVICE] * targets[SERVICE] * ROLL_OUT,
        EXPORTER: of_one[EXPORTER] * targets[EXPORTER] * ROLL_OUT,
        **{publisher: series * population.places for publisher, series in kubernetes.items()},
        FLUENTD: FLUENTD_PAGE * targets[FLUENTD] + files,
        PROMETHEUS: PROMETHEUS_PAGE * targets[PROMETHEUS] + rule_groups,
        ALERTMANAGER: ALERTMANAGER_PAGE * targets[ALERTMANAGER],
    }
    return {publisher: series + exactly(OF_EACH_TARGET * targets[publisher]) for publisher, series in found.items()}


def largest(
    metrics: Sequence[Metric], publisher: str, count: int, extents: Extents = EXTENTS
) -> Sequence[tuple[Metric, Amount]]:
    """Return the metrics of which one instance of the publisher has most series, with how many; those first."""
    sizes = [(metric, series_of(metric, extents)) for metric in metrics if metric.published_by == publisher]
    return sorted(sizes, key=lambda size: -size[1].usual)[:count]


def _declared(metrics: Sequence[Metric], publisher: str, extents: Extents) -> Amount:
    return total(*(series_of(metric, extents) for metric in metrics if metric.published_by == publisher))
