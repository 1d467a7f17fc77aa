"""How many series a metric has."""

from __future__ import annotations

import pytest

from payment_catalog.cardinality import EXTENTS, Amount, Extent, combinations, exactly, series_of, values_of
from payment_catalog.http_metrics import HTTP_REQUEST_DURATION, HTTP_REQUESTS, METHOD
from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.service_metrics import GATEWAY_REQUEST_DURATION, GATEWAY_REQUESTS, PAYMENTS

COLOUR = Label("colour", ("red", "green"))
SHOP = Label("shop", bound="the shops of the town")


def test_a_closed_set_counts_itself() -> None:
    assert series_of(PAYMENTS) == exactly(5 * 2)
    assert series_of(GATEWAY_REQUESTS) == exactly(5 * 8)


def test_a_histogram_has_its_buckets_the_infinite_one_a_sum_and_a_count() -> None:
    assert series_of(GATEWAY_REQUEST_DURATION) == exactly(5 * (14 + 3))


def test_an_open_label_needs_an_extent() -> None:
    sales = Metric("sales_total", MetricType.COUNTER, "Sales.", "till", (COLOUR, SHOP))
    with pytest.raises(KeyError, match="shop: how many values it takes is not declared"):
        series_of(sales)
    assert series_of(sales, {SHOP: Extent(Amount(3, 7), "three are open")}) == Amount(6, 14)


def test_what_is_summed_away_does_not_count() -> None:
    assert combinations(PAYMENTS, ("environment", "status")) == exactly(2)
    assert combinations(PAYMENTS, ("environment",)) == exactly(1)


def test_buckets_count_where_their_label_is_kept() -> None:
    assert combinations(HTTP_REQUEST_DURATION, ("le",)) == exactly(15)
    assert combinations(HTTP_REQUEST_DURATION, ("method", "route", "le")) == series_of(HTTP_REQUEST_DURATION) * (
        15 / 17
    )


def test_a_usual_day_sees_a_part_of_a_closed_set() -> None:
    assert values_of(METHOD) == Amount(2, 8)
    assert series_of(HTTP_REQUESTS).usual < series_of(HTTP_REQUESTS).most


def test_no_usual_day_is_above_the_most_and_each_has_a_reason() -> None:
    for label, extent in EXTENTS.items():
        assert extent.values.usual <= extent.values.most, label.name
        assert extent.why, label.name
        if label.values:
            assert extent.values.most <= len(label.values), label.name
