import numpy as np

from payment_alerts.scenario_series import Target
from payment_bundle.backtest.scrape import Scrape, always
from payment_catalog.http_metrics import HTTP_REQUESTS
from payment_catalog.service_metrics import BREAKER_STATE

TARGET = Target("production", "payments", "payment-service", "one:8080")


def scrape(up: list[float], restarted: tuple[int, ...] = ()) -> Scrape:
    return Scrape(TARGET, np.array(up, dtype=np.float64), np.isin(np.arange(len(up)), restarted))


def test_a_counter_adds_up_what_is_counted() -> None:
    series = always(TARGET, 4).counter(HTTP_REQUESTS, np.array([1, 0, 2, 3]), code="200")
    assert series.values.tolist() == [1, 1, 3, 6]
    assert series.labels == {**TARGET.instance_labels, "code": "200"}


def test_a_counter_is_not_there_while_the_target_is_down_and_begins_anew_with_the_process() -> None:
    series = scrape([1, 1, 0, 1, 1], restarted=(3,)).counter(HTTP_REQUESTS, np.array([5, 5, 5, 5, 5]))
    np.testing.assert_array_equal(series.values, [5, 10, np.nan, 0, 5])


def test_a_counter_goes_on_after_a_scrape_that_was_missed() -> None:
    series = scrape([1, 0, 1]).counter(HTTP_REQUESTS, np.array([1, 2, 3]))
    np.testing.assert_array_equal(series.values, [1, np.nan, 6])


def test_a_series_may_appear_only_when_it_has_counted() -> None:
    series = scrape([1, 1, 1, 1, 1], restarted=(3,)).appearing(HTTP_REQUESTS, np.array([0, 1, 0, 0, 2]))
    np.testing.assert_array_equal(series.values, [np.nan, 1, 1, np.nan, 2])


def test_a_gauge_is_not_there_while_the_target_is_down() -> None:
    series = scrape([1, 0]).gauge(BREAKER_STATE, np.array([0.0, 1.0]))
    np.testing.assert_array_equal(series.values, [0, np.nan])
