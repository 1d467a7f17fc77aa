"""The dashboard on which people see what clients see, route by route, and why."""

from __future__ import annotations

from dashboards.board_under_test import BOTH_LEVELS, BoardUnderTest

from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey

BOARD = BoardUnderTest("payment-application", Settings())


def test_every_alert_on_the_application_has_its_page_on_a_panel() -> None:
    assert BOARD.alerts_without_page() == []
    assert BoardUnderTest("payment-application", BOTH_LEVELS).alerts_without_page() == []


def test_every_level_can_be_turned_off() -> None:
    milder = Settings(
        thresholds={
            ThresholdKey.ERROR_RATIO: Levels(warning=0.02, critical=None),
            ThresholdKey.API_LATENCY_P95: Levels(warning=0.3, critical=None),
        }
    )
    board = BoardUnderTest("payment-application", milder)
    assert board.steps("Error rate by route") == [("green", None), ("orange", 0.02)]
    assert board.steps("Response time (p95) by route") == [("green", None), ("orange", 0.3)]


def test_queries_use_only_what_is_declared() -> None:
    assert BOARD.problems() == []


def test_a_route_that_is_chosen_narrows_every_panel_about_routes() -> None:
    variables = [variable["name"] for variable in BOARD.content["templating"]["list"]]
    assert variables == ["datasource", "environment", "namespace", "job", "instance", "route"]
    for title in ("Requests by route", "Error rate by route", "Response time (p95) by route", "Slowest routes"):
        for query in BOARD.queries(title):
            assert query.count('route=~"$route"') == query.count("http_request") > 0


def test_slow_requests_lead_to_their_traces() -> None:
    with_exemplars = {
        panel["title"] for panel in BOARD.panels if any(target.get("exemplar") for target in panel["targets"])
    }
    assert with_exemplars == {"Slower than 5 s, with traces"}


def test_a_route_without_errors_has_an_error_rate_of_zero() -> None:
    (query,) = BOARD.queries("Error rate by route")
    failed, _, rest = query.partition(" or ")
    assert 'code=~"5.."' in failed
    assert "* 0" in rest


def test_the_slowest_route_stands_first() -> None:
    table = BOARD.panel("Slowest routes")
    assert table["options"]["sortBy"] == [{"displayName": "p95", "desc": True}]


def test_a_certificate_is_bad_from_two_weeks_on_and_worse_from_three_days_on() -> None:
    days = 24 * 3600
    assert BOARD.steps("Certificates run out in") == [("red", None), ("orange", 3 * days), ("green", 14 * days)]


def test_payments_that_do_not_end_are_seen_beside_those_that_are_asked_for() -> None:
    asked, ended, answered = BOARD.queries("Payments asked for, and ended")
    assert 'route="/payments"' in asked
    assert "payments_total" in ended
    assert "fiuu_requests_total" in answered


def test_what_the_stacks_say_nothing_about_is_not_drawn_on_top_of_them() -> None:
    drawn = BOARD.panel("Decisions of the rate limiter")["fieldConfig"]["defaults"]["custom"]
    assert drawn["stacking"]["mode"] == "normal"
    assert drawn["lineWidth"] == 0
