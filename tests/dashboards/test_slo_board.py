"""The dashboard of the objectives: it follows what is promised, and its figures mean what they say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from dashboards.panel_answers import answers

from payment_alerts.groups import alert_groups, watching
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.promql import parse
from payment_catalog.promql_text import write
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Objectives
from payment_dashboards.boards.slo import slo
from payment_dashboards.kit import Kit
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from payment_dashboards.board import Board
    from payment_dashboards.panels.panel import Panel

JOB = 'environment="production", namespace="payment-service", job="payment-service"'
MONTH = 30 * 24 * 3600


def kit(**objectives: float | timedelta) -> Kit:
    catalog = build_catalog(Settings(objectives=Objectives.model_validate(objectives)))
    return Kit(catalog, watching(alert_groups(catalog)))


def panels(board: Board) -> list[Panel]:
    found = [panel for row in board.rows for panel in row.panels]
    assert all(isinstance(panel, (OverTime, Stat, Table)) for panel in found)
    return found  # type: ignore[return-value]


OURS = kit()
TABLE = next(panel for panel in panels(slo(OURS)) if isinstance(panel, Table))


@pytest.mark.parametrize(
    "objectives",
    [{}, {"window": timedelta(days=7)}, {"window": timedelta(days=90), "success": 0.9}, {"availability": 0.9995}],
    ids=str,
)
def test_all_that_an_alert_compares_is_drawn_with_its_limit(objectives: dict[str, float | timedelta]) -> None:
    made = kit(**objectives)
    drawn = {
        (write(parse(query.expr)), round(limit, 9))
        for panel in panels(slo(made))
        for query in panel.queries
        for limit in (panel.limits.warning, panel.limits.critical)
        if limit is not None
    }
    alerts = made.watching.of(Dashboard.SLO)
    assert len(alerts) == 6
    for alert in alerts:
        assert len(alert.limits) == 6
        for limit in alert.limits:
            assert (f"max({limit.expr})", round(limit.value, 9)) in drawn, alert.name


def test_a_changed_promise_is_told_and_is_the_limit() -> None:
    board = slo(kit(availability=0.9995, window=timedelta(days=7)))
    assert "Requests are answered: 99.95% over 7d" in [row.title for row in board.rows]
    (stat,) = (panel for panel in panels(board) if panel.title == "Requests are answered")
    assert stat.limits.critical == 0.9995
    assert "below 99.95%" in stat.description


def recorded(share_of_bad: float, events: float, bad_of_the_last_hour: float) -> dict[str, str]:
    """Return the series of payments: ``events`` in the month, and twenty an hour of late."""
    per_second = events / MONTH
    return {
        f"job:slo_success_events:rate30d{{{JOB}}}": f"{per_second}x60",
        f"job:slo_success_errors:rate30d{{{JOB}}}": f"{per_second * share_of_bad}x60",
        f"job:slo_success:error_budget_remaining{{{JOB}}}": f"{1 - share_of_bad / 0.05}x60",
        f"job:slo_success_events:rate1h{{{JOB}}}": f"{20 / 3600}x60",
        f"job:slo_success_errors:rate1h{{{JOB}}}": f"{bad_of_the_last_hour / 3600}x60",
    }


@pytest.mark.parametrize(
    ("series", "row"),
    [
        (recorded(0.02, 6000, 2), (0.98, 0.6, 0.6 * MONTH / 2, 6000, 120, 2)),
        (recorded(0.02, 6000, 0), (0.98, 0.6, -1, 6000, 120, 2)),
        (recorded(0.07, 6000, 2), (0.93, -0.4, 0, 6000, 420, 2)),
        (recorded(0.02, 199, 2), (0.98, 0.6, 0.6 * MONTH / 2, 199, 3.98, 1)),
    ],
    ids=["burns twice as fast as it lasts", "nothing bad of late", "overspent", "too few events to judge"],
)
def test_the_table_tells_how_an_objective_stands(
    tmp_path: Path, series: dict[str, str], row: tuple[float, ...]
) -> None:
    found = tuple(answers(tmp_path, series, query.expr, ("objective",)) for query in TABLE.queries)
    assert found == tuple({("Payments succeed: 95% over 30d",): pytest.approx(value)} for value in row)


def test_no_event_is_no_share_and_said_in_words(tmp_path: Path) -> None:
    silent = {f"job:slo_success_events:rate30d{{{JOB}}}": "0x60", f"job:slo_success_errors:rate30d{{{JOB}}}": "0x60"}
    achieved, *_, traffic = (answers(tmp_path, silent, query.expr) for query in TABLE.queries)
    assert achieved == {}
    assert traffic == {(): 0}
    assert TABLE.columns[-1].states[0].word == "no events"
    assert TABLE.columns[-1].states[1].word == "too few to judge"
