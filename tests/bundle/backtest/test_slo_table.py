"""The four measures of the SRE workbook for the alerts on error budgets."""

from __future__ import annotations

from backtest_story import CATALOG, Story

from payment_bundle.backtest.slo_table import SloRow, slo_table

FAST, SLOW = "AvailabilityErrorBudgetBurnFast", "AvailabilityErrorBudgetBurnSlow"
SPENDS = frozenset({"availability"})


def row(story: Story, *alerts: str) -> SloRow:
    (found,) = (one for one in slo_table(CATALOG, story.occurrences, story.episodes) if one.alerts == alerts)
    return found


def test_precision_recall_detection_and_reset_time() -> None:
    story = Story()
    for start in (0, 300, 600, 900):
        story.happens("errors", start, start + 60, spends=SPENDS)
    story.happens("slow", 1200, 1260, spends=frozenset({"latency"}))
    for start, end in ((4, 70), (306, 390), (1210, 1230)):
        story.fires(FAST, start, end)
    found = row(story, FAST)
    assert (found.objective, found.significant, found.fired) == ("availability", 4, 3)
    assert found.precision == 2 / 3
    assert found.recall == 0.5
    assert found.detection_time == 5 * 60
    assert found.reset_time == 20 * 60


def test_several_alerts_of_one_event_are_all_right() -> None:
    story = Story()
    story.happens("errors", 0, 60, spends=SPENDS)
    story.fires(FAST, 4, 10)
    story.fires(FAST, 20, 70)
    found = row(story, FAST)
    assert (found.precision, found.recall, found.detection_time) == (1, 1, 4 * 60)


def test_together_they_detect_what_either_does() -> None:
    story = Story()
    story.happens("errors", 0, 60, spends=SPENDS)
    story.happens("errors", 300, 360, spends=SPENDS)
    story.fires(FAST, 4, 70)
    story.fires(SLOW, 350, 500)
    assert row(story, FAST).recall == 0.5
    assert row(story, SLOW).recall == 0.5
    assert row(story, FAST, SLOW).recall == 1


def test_an_event_that_begins_while_the_alert_fires_already_is_left_out_of_recall() -> None:
    story = Story()
    story.happens("errors", 0, 60, spends=SPENDS)
    story.happens("more errors", 300, 360, spends=SPENDS)
    story.fires(SLOW, 30, 900)
    found = row(story, SLOW)
    assert (found.significant, found.covered, found.recall) == (2, 1, 1)


def test_without_events_nothing_is_known() -> None:
    found = row(Story(), FAST)
    assert (found.precision, found.recall, found.detection_time, found.reset_time) == (None, None, None, None)


def test_every_objective_has_its_alerts() -> None:
    found = slo_table(CATALOG, (), {})
    assert [one.objective for one in found] == [objective.key for objective in CATALOG.objectives for _ in range(3)]
