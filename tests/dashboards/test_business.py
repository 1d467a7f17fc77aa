"""The dashboard on which people see whether money comes in."""

from __future__ import annotations

from dashboards.board_under_test import BOTH_LEVELS, BoardUnderTest

from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey

BOARD = BoardUnderTest("payment-business", Settings())


def test_every_alert_on_business_has_its_page_on_a_panel() -> None:
    assert BOARD.alerts_without_page() == []
    assert BoardUnderTest("payment-business", BOTH_LEVELS).alerts_without_page() == []


def test_queries_use_only_what_is_declared() -> None:
    assert BOARD.problems() == []


def test_revenue_is_bad_where_it_is_little_and_where_it_is_much() -> None:
    assert BOARD.steps("Revenue compared with usual") == [("orange", None), ("green", 0.3), ("orange", 3)]


def test_a_level_that_is_turned_off_leaves_the_other() -> None:
    milder = BoardUnderTest(
        "payment-business", Settings(thresholds={ThresholdKey.PAYMENT_VOLUME: Levels(warning=0.5, critical=None)})
    )
    assert milder.steps("Payments compared with usual") == [("orange", None), ("green", 0.5)]
    assert milder.alerts_without_page() == []


def test_revenue_stands_beside_what_is_usual_in_units_of_the_currency() -> None:
    now, usual = BOARD.queries("Revenue per hour")
    assert usual.replace("_usual", "") == now
    assert "business_currency_minor_units" in now
    dashed = {
        override["matcher"]["options"]
        for override in BOARD.panel("Revenue per hour")["fieldConfig"]["overrides"]
        if any(change["id"] == "custom.lineStyle" for change in override["properties"])
    }
    assert {"MYR usual", "JPY usual"} <= dashed


def test_a_cell_without_a_figure_is_no_alarm() -> None:
    (column,) = (
        {change["id"]: change["value"] for change in override["properties"]}
        for override in BOARD.panel("Currencies")["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == "Compared with usual"
    )
    assert column["thresholds"]["steps"][0]["color"] == "orange"
    (missing,) = column["mappings"]
    assert missing["options"]["match"] == "null+nan"
    assert missing["options"]["result"]["color"] == "transparent"


def test_without_two_weeks_of_history_panels_say_so() -> None:
    compared = [panel for panel in BOARD.panels if any("_usual" in target["expr"] for target in panel["targets"])]
    only_compared = [panel for panel in compared if all("_usual" in target["expr"] for target in panel["targets"])]
    assert len(only_compared) >= 6
    assert {panel["fieldConfig"]["defaults"]["noValue"] for panel in only_compared} == {"nothing usual yet"}


def test_a_figure_that_is_not_there_yet_is_grey() -> None:
    defaults = BOARD.panel("Payments vs. usual")["fieldConfig"]["defaults"]
    assert BOARD.steps("Payments vs. usual")[0] == ("red", None)
    (missing,) = defaults["mappings"]
    assert missing["options"]["result"] == {"text": "nothing usual yet", "color": "#8e8e8e", "index": 0}
