"""What rules read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from bundle.capacity.house import ALERTS, CATALOG, GROUPS, population

from payment_alerts.alert import AlertGroup
from payment_bundle.capacity.evaluation import evaluation, longest_look_back
from payment_bundle.capacity.recorded import stored
from payment_catalog.dashboards import Dashboard
from payment_catalog.settings.scraping import Scraping
from payment_catalog.signal import RecordingRule

if TYPE_CHECKING:
    from payment_bundle.capacity.evaluation import Evaluation

POPULATION = population(instances=3)
FOUND = stored(CATALOG, GROUPS, POPULATION, POPULATION.extents(ALERTS, len(GROUPS)))
SCRAPING = Scraping()


def of(expression: str) -> Evaluation:
    group = AlertGroup("test", "test.yaml", (), (RecordingRule("a:b:c", expression),), dashboard=Dashboard.OVERVIEW)
    return evaluation((group,), FOUND, SCRAPING)


@pytest.mark.parametrize(
    ("expression", "samples"),
    [
        ("payments_total", 3 * 10),
        ('payments_total{status="failed"}', 3 * 5),
        ('payments_total{status=~"failed|succeeded"}', 3 * 10),
        ("rate(payments_total[5m])", 3 * 10 * 20),
        ('rate(payments_total{status="failed"}[5m] offset 1d)', 3 * 5 * 20),
        ('sum(rate(http_request_duration_seconds_bucket{le="0.2"}[5m]))', 3 * 10 * 20),
        ("sum_over_time(job:slo_success_events:rate5m[1h:1m])", 60),
        ("job:slo_success_events:rate5m > 0 and on () payments_total", 1 + 3 * 10),
        ("vector(1)", 0),
    ],
)
def test_samples_that_an_expression_reads(expression: str, samples: float) -> None:
    assert of(expression).samples.usual == samples


def test_a_group_with_a_longer_interval_costs_less() -> None:
    group = AlertGroup(
        "test", "test.yaml", (), (RecordingRule("a:b:c", "payments_total"),), dashboard=Dashboard.OVERVIEW
    )
    slow = replace(group, interval=SCRAPING.evaluation_interval * 4)
    assert evaluation((slow,), FOUND, SCRAPING).rules == 1 / 4
    assert evaluation((slow,), FOUND, SCRAPING).samples.usual == 30 / 4


def test_rules_look_back_as_far_as_the_objectives_window() -> None:
    assert timedelta(days=30) <= longest_look_back(GROUPS) < timedelta(days=31)
