"""The running demo publishes what the catalogue declares, and no more series than are computed from it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from payment_alerts.groups import alert_groups
from payment_bundle.capacity.population import Population
from payment_bundle.capacity.recorded import stored
from payment_bundle.capacity.scraped import PROMETHEUS_OF_EACH_GROUP, PROMETHEUS_PAGE
from payment_catalog.cardinality import series_of, total
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.request_series import request_series

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from conftest import House, Wait

    from payment_catalog.metric import Metric

DEMO = Population(services=1, environments=1, instances=1, exporters=1, payments_per_second=8)


def names_on(port: int) -> Counter[str]:
    """Return how many series of each name the page has."""
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    return Counter(sample.name for family in text_string_to_metric_families(text) for sample in family.samples)


def published(house: House, publisher: str) -> tuple[Counter[str], Mapping[str, Metric]]:
    """Return the page of a program, and what the catalogue declares of it, by the names of series."""
    port = {SERVICE: house.ports.service, EXPORTER: house.ports.exporter}[publisher]
    metrics = [metric for metric in house.stack.catalog.metrics if metric.published_by == publisher]
    return names_on(port), {name: metric for metric in metrics for name in metric.series_names}


def shown(names: Counter[str], metrics: Collection[Metric]) -> int:
    return sum(names[name] for metric in metrics for name in metric.series_names)


@pytest.mark.parametrize("publisher", [SERVICE, EXPORTER])
def test_what_is_published_is_declared(house: House, publisher: str) -> None:
    names, declared = published(house, publisher)
    assert names.keys() - declared.keys() == set()


def test_what_the_service_declares_is_published(house: House, wait: Wait) -> None:
    def missing() -> set[str]:
        names, declared = published(house, SERVICE)
        return {name for name, metric in declared.items() if not metric.conditional} - names.keys()

    wait("every declared metric on the page", 60, lambda: not missing())


@pytest.mark.parametrize("publisher", [SERVICE, EXPORTER])
def test_no_metric_has_more_series_than_are_computed(house: House, publisher: str) -> None:
    names, declared = published(house, publisher)
    for metric in declared.values():
        assert shown(names, [metric]) <= series_of(metric).most, metric.name


@pytest.mark.parametrize("publisher", [SERVICE, EXPORTER])
def test_a_usual_day_is_computed_well(house: House, wait: Wait, publisher: str) -> None:
    def near() -> bool:
        names, declared = published(house, publisher)
        usual = total(*map(series_of, {metric.name: metric for metric in declared.values()}.values())).usual
        return 1 / 1.5 <= names.total() / usual <= 1.5

    wait("as many series as on a usual day", 60, near)


def test_rules_record_no_more_series_than_are_computed(house: House, wait: Wait) -> None:
    catalog = house.stack.catalog
    groups = alert_groups(catalog)
    extents = DEMO.extents(sum(len(group.alerts) for group in groups), len(groups))
    computed = stored(catalog, groups, DEMO, extents).recorded

    def recorded() -> Mapping[str, float]:
        samples = house.stack.prometheus.query('count by (__name__) ({__name__=~".+:.+"})')
        return {sample.labels["__name__"]: sample.value for sample in samples}

    largest = request_series(catalog.settings).durations.record
    wait("the recorded buckets of routes", 90, lambda: largest in recorded())
    above = {name: count for name, count in recorded().items() if count > computed[name].most}
    assert above == {}


def test_prometheus_own_page_is_no_larger_than_estimated(house: House) -> None:
    groups = len(alert_groups(house.stack.catalog))
    most = PROMETHEUS_PAGE.most + PROMETHEUS_OF_EACH_GROUP * groups
    assert names_on(house.ports.prometheus).total() <= most
