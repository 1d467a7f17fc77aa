"""The figures follow from the catalogue, the rules and the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bundle.capacity.house import ALERTS, CATALOG, GROUPS, MONTH, estimated, population

from payment_alerts.groups import alert_groups
from payment_alerts.rules import rules
from payment_bundle.capacity import costs, log_volume
from payment_bundle.capacity.estimate import estimate
from payment_bundle.capacity.figure import Key
from payment_bundle.capacity.population import population as from_settings
from payment_catalog.cardinality import series_of, total, values_of
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.publishers import SERVICE
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment
from payment_catalog.settings.scraping import Scraping

PARTS = [key for key in Key if key.value.endswith("_series")]
#: What no two services share.
GROWING = [
    *(Key.SERVICE_SERIES, Key.EXPORTER_SERIES, Key.RECORDED_SERIES, Key.ALERTS),
    *(Key.LOG_LINES, Key.LOG_BYTES, Key.LOG_BYTES_KEPT, Key.LOG_SHARDS),
]


def test_the_size_of_every_label_is_known() -> None:
    extents = population().extents(ALERTS, len(GROUPS))
    for metric in CATALOG.metrics:
        for label in metric.labels:
            assert values_of(label, extents).most > 0, f"{metric}: {label.name}"


def test_no_usual_day_is_above_the_most() -> None:
    for figure in estimated(7).figures.values():
        assert 0 < figure.amount.usual <= figure.amount.most, figure.key


def test_every_figure_has_a_formula_and_a_source() -> None:
    found = estimated()
    assert tuple(found.figures) == tuple(Key)
    assert all(figure.formula and figure.source for figure in found.figures.values())


def test_the_parts_add_up() -> None:
    found = estimated(3)
    assert found.amount(Key.SERIES) == total(*(found.amount(key) for key in PARTS))


def test_series_of_a_service_are_the_catalogues_for_each_instance() -> None:
    of_instance = total(*(series_of(metric) for metric in CATALOG.metrics if metric.published_by == SERVICE))
    assert estimated(2, instances=4).amount(Key.SERVICE_SERIES).usual == 2 * 4 * (of_instance.usual + 5)


@pytest.mark.parametrize("key", GROWING)
def test_a_hundred_services_need_a_hundred_times_as_much(key: Key) -> None:
    one, hundred = estimated(1).amount(key), estimated(100).amount(key)
    assert (hundred.usual, hundred.most) == pytest.approx((100 * one.usual, 100 * one.most))


@pytest.mark.parametrize("key", [key for key in Key if key not in GROWING])
def test_what_services_share_grows_by_less(key: Key) -> None:
    assert 1 < estimated(100).amount(key).usual / estimated(1).amount(key).usual < 100


def test_rules_are_those_of_the_generated_files_and_the_monitorings_once() -> None:
    files = {
        path: document.content
        for path, document in rules(CATALOG, GROUPS).items()
        if isinstance(document, YamlDocument)
    }
    counts = {path: sum(len(group["rules"]) for group in content["groups"]) for path, content in files.items()}
    monitoring = counts["prometheus/rules/monitoring.yaml"]
    assert estimated(1).amount(Key.RULES).usual == sum(counts.values())
    assert estimated(10).amount(Key.RULES).usual == 10 * (sum(counts.values()) - monitoring) + monitoring


def test_a_longer_interval_makes_fewer_samples_and_evaluations() -> None:
    settings = Settings(scraping=Scraping(interval=timedelta(seconds=60), evaluation_interval=timedelta(seconds=60)))
    catalog = build_catalog(settings)
    slow = estimate(catalog, alert_groups(catalog), population(10), MONTH)
    fast = estimated(10)
    assert slow.amount(Key.SERIES) == fast.amount(Key.SERIES)
    assert slow.amount(Key.SAMPLES).usual == pytest.approx(fast.amount(Key.SAMPLES).usual / 4)
    assert slow.amount(Key.RULE_SECONDS).usual / 60 < fast.amount(Key.RULE_SECONDS).usual / 15 / 2


def test_twice_the_retention_is_nearly_twice_the_disk() -> None:
    month, two_months = (estimated(5, days).amount(Key.DISK).usual for days in (MONTH, 2 * MONTH))
    assert two_months - month == pytest.approx(
        MONTH.total_seconds() * estimated(5).amount(Key.SAMPLES).usual * costs.SAMPLE_BYTES.usual
    )


def test_logs_follow_the_payments() -> None:
    found = estimated(10, payments_per_second=2)
    assert found.amount(Key.LOG_BYTES).usual == 20 * log_volume.BYTES_OF_PAYMENT.usual
    # A line is kept for a week longer at most, until its index ends.
    assert found.amount(Key.LOG_BYTES_KEPT).usual == found.amount(Key.LOG_BYTES).usual * 37 * 86_400


def test_indices_of_elasticsearch_end_by_their_age_or_their_size() -> None:
    few, many = (estimated(10, payments_per_second=number).amount(Key.LOG_SHARDS).usual for number in (1, 100))
    assert few == 10 * 4 * 6 * 2
    filled = estimated(10, payments_per_second=100).amount(Key.LOG_BYTES_KEPT).usual // (10 * 25 * 2**30)
    assert filled > 4
    assert many == few + 10 * filled * 2


def test_an_environment_more_is_as_much_again() -> None:
    one, two = estimated(4), estimated(4, environments=2)
    for key in (Key.SERVICE_SERIES, Key.EXPORTER_SERIES, Key.KUBERNETES_SERIES):
        assert two.amount(key).usual == 2 * one.amount(key).usual
    assert two.amount(Key.RULES) == one.amount(Key.RULES)


def test_the_settings_say_how_large_a_service_is() -> None:
    settings = Settings(
        environments={
            "production": Environment(service=("a:1", "b:1", "c:1"), exporter=("x:1", "y:1")),
            "staging": Environment(service=("d:1",), exporter=("z:1",)),
        }
    )
    found = from_settings(settings, 8, None, 1)
    assert (found.environments, found.instances, found.exporters, found.places) == (2, 3, 2, 16)
    assert from_settings(settings, 8, 20, 1).instances == 20
