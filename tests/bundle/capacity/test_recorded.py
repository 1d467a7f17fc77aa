"""Recorded series are counted by the labels of what the rules return."""

from __future__ import annotations

import pytest
from bundle.capacity.house import ALERTS, CATALOG, GROUPS, population

from payment_bundle.capacity.recorded import stored
from payment_catalog.cardinality import Amount, combinations, exactly
from payment_catalog.http_metrics import HTTP_REQUEST_DURATION
from payment_catalog.seasons import WEEKS

POPULATION = population(environments=2, instances=3)
RECORDED = stored(CATALOG, GROUPS, POPULATION, POPULATION.extents(ALERTS, len(GROUPS))).recorded


def test_every_recording_rule_is_counted() -> None:
    assert RECORDED.keys() == {rule.record for group in GROUPS for rule in group.recordings}
    assert all(amount.most > 0 for amount in RECORDED.values())


@pytest.mark.parametrize(
    ("record", "series"),
    [
        ("job:http_requests:rate5m", exactly(2)),
        ("job_le:http_request_duration_seconds_bucket:rate5m", exactly(2 * 15)),
        ("instance:host_cpu_seconds:rate5m", exactly(2)),
        ("instance_code:http_requests:rate5m", Amount(2 * 3 * 3, 2 * 3 * 20)),
        ("job:scrape:success", exactly(2 * 2)),
        ("job:slo_availability_errors:rate3d", exactly(2)),
        ("job_method:business_payments_succeeded:increase30m", exactly(2 * 5)),
    ],
)
def test_series_of_a_rule(record: str, series: Amount) -> None:
    assert RECORDED[record] == series


def test_buckets_by_route_are_those_of_one_instance() -> None:
    one = combinations(HTTP_REQUEST_DURATION, ("method", "route", "le"))
    assert RECORDED["job_route_le:http_request_duration_seconds_bucket:rate5m"] == one * 2


def test_a_label_that_the_rule_itself_gives_counts_its_values() -> None:
    now, before = "job:business_payments_succeeded:increase30m", "job:business_payments_succeeded:increase30m_before"
    assert RECORDED[before] == RECORDED[now] * len(WEEKS)
