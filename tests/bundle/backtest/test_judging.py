"""What happened and what fired become verdicts that people would give."""

from __future__ import annotations

import pytest
from backtest_story import WAIT, Story, at

from payment_bundle.backtest.goals import goals, missed
from payment_bundle.backtest.judging import URGENT
from payment_bundle.backtest.verdict import any_alert, verdict
from payment_catalog.severities import Priority


def test_time_to_detect_is_until_the_message_and_time_to_clear_until_the_alert_ends() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 12, 47)
    (found,) = story.judgement.verdicts
    assert found.detection is not None
    assert found.detection.alert == "ErrorRateCritical"
    assert found.time_to_detect == 2 * 60 + WAIT
    assert found.time_to_clear == 7 * 60
    assert found.is_in_time
    assert [page.at for page in found.pages] == [at(12) + WAIT]


def test_the_first_of_several_accepted_alerts_detects() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical", "CircuitBreakerOpen")
    story.fires("ErrorRateCritical", 20, 45)
    story.fires("CircuitBreakerOpen", 13, 44)
    (found,) = story.judgement.verdicts
    assert found.detection is not None
    assert found.detection.alert == "CircuitBreakerOpen"
    assert found.time_to_clear == 5 * 60


def test_another_alert_detects_nothing() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical")
    story.fires("ApiLatencyCritical", 12, 47)
    (found,) = story.judgement.verdicts
    assert not found.is_detected
    assert found.time_to_detect is None
    assert found.time_to_clear is None
    assert len(found.pages) == 1


def test_an_alert_that_is_not_urgent_enough_detects_nothing() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateHigh")
    story.fires("ErrorRateHigh", 12, 47)
    assert not story.judgement.verdicts[0].is_detected


def test_an_alert_that_is_more_urgent_than_needed_detects() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical", priority=Priority.P2)
    story.fires("ErrorRateCritical", 12, 47)
    assert story.judgement.verdicts[0].is_detected


def test_an_alert_that_fires_since_before_says_nothing_about_what_begins_later() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 9.8, 47)
    (found,) = story.judgement.verdicts
    assert not found.is_detected


def test_a_message_after_the_margin_is_about_something_else() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 101, 110)
    judgement = story.judgement
    assert not judgement.verdicts[0].is_detected
    assert [found.during for found in judgement.false_pages] == [None]


def test_a_message_after_the_response_time_detects_too_late() -> None:
    story = Story()
    story.happens("errors", 10, 100, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 40 - WAIT / 60 + 0.1, 110)
    judgement = story.judgement
    (found,) = judgement.verdicts
    assert found.is_detected
    assert not found.is_in_time
    assert judgement.late(*URGENT) == (found,)
    assert judgement.recall(*URGENT) == 1


def test_exactly_the_response_time_is_in_time() -> None:
    story = Story()
    story.happens("errors", 10, 100, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 40 - WAIT / 60, 110)
    assert story.judgement.verdicts[0].is_in_time


def test_an_alert_that_ends_before_the_incident_is_cleared_at_once() -> None:
    story = Story()
    story.happens("errors", 10, 100, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 12, 20)
    assert story.judgement.verdicts[0].time_to_clear == 0


def test_a_page_without_an_incident_is_false_and_names_what_looked_like_one() -> None:
    story = Story(weeks=2)
    restart = story.happens("rolling restart", 10, 15, priority=None)
    story.fires("ErrorRateCritical", 12, 20)
    story.fires("ErrorRateHigh", 300, 310)
    judgement = story.judgement
    (found,) = judgement.false_pages
    assert found.during is restart
    assert judgement.false_pages_per_week == 0.5
    assert [one.occurrence.kind for one in judgement.harmless] == ["rolling restart"]
    assert judgement.verdicts == ()


def test_of_several_things_that_look_like_one_the_last_is_named() -> None:
    story = Story()
    story.happens("nightly batch", 10, 15, priority=None)
    blip = story.happens("blip", 30, 31, priority=None)
    story.happens("restart", 40, 45, priority=None)
    story.fires("ErrorRateCritical", 32, 35)
    assert [found.during for found in story.judgement.false_pages] == [blip]


def test_a_page_for_a_minor_incident_is_false() -> None:
    story = Story()
    minor = story.happens("few errors", 10, 60, "ErrorRateHigh", priority=Priority.P3)
    story.fires("ErrorRateCritical", 12, 20)
    assert [found.during for found in story.judgement.false_pages] == [minor]


def test_an_escalation_is_neither_a_page_of_the_incident_nor_false() -> None:
    story = Story()
    story.happens("errors", 10, 100, "ErrorRateCritical")
    for start in (40, 3000):
        story.fires("ServiceOutageEscalatedToL2", start, start + 9, priority="P1", incident="high-error-rate")
    judgement = story.judgement
    assert judgement.escalations == 2
    assert judgement.false_pages == ()
    assert judgement.verdicts[0].pages == ()


def test_each_alert_has_a_record() -> None:
    story = Story(weeks=2)
    story.happens("errors", 10, 40, "ErrorRateCritical")
    for start in (12, 600, 1200):
        story.fires("ErrorRateCritical", start, start + 10)
    story.fires("ErrorRateHigh", 90, 120)
    records = {record.alert: record for record in story.judgement.alerts}
    loud, quiet, silent = records["ErrorRateCritical"], records["ErrorRateHigh"], records["ApiLatencyHigh"]
    assert (loud.fired, loud.inside, loud.outside, loud.detected, loud.false_pages) == (3, 1, 2, 1, 2)
    assert (quiet.fired, quiet.inside, quiet.false_pages) == (1, 1, 0)
    assert silent.fired == 0


def test_figures_by_priority() -> None:
    story = Story()
    for number, delay in enumerate((1, 2, 6)):
        story.happens("errors", 300 * number, 300 * number + 60, "ErrorRateCritical")
        story.fires("ErrorRateCritical", 300 * number + delay, 300 * number + 70)
    story.happens("outage", 2000, 2060, "PaymentServiceDown", priority=Priority.P0)
    judgement = story.judgement
    assert judgement.recall(Priority.P1) == 1
    assert judgement.recall(*URGENT) == 0.75
    assert judgement.recall(Priority.P2) is None
    assert judgement.median_time_to_detect(Priority.P1) == 2 * 60 + WAIT
    assert judgement.median_time_to_detect(Priority.P0) is None
    assert judgement.median_time_to_clear(Priority.P1) == 10 * 60
    assert judgement.pages_per_incident == 0.75


def test_plain_thresholds_are_judged_by_any_alert() -> None:
    story = Story()
    occurrence = story.happens("errors", 10, 40, "NoSuchAlert")
    episode = story.fires("ApiLatencyCritical", 11, 20)
    assert verdict(occurrence, story.pages, [episode], any_alert).time_to_detect == 60 + WAIT


def good_week() -> Story:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 12, 47)
    story.happens("few errors", 300, 340, "ErrorRateHigh", priority=Priority.P2)
    story.fires("ErrorRateHigh", 302, 345)
    for start in (10, 20, 300, 310):
        story.fires("PlainErrorRatioAbove0_05", start, start + 5)
    return story


def test_a_good_week_meets_every_goal() -> None:
    assert [goal.about for goal in good_week().report.goals if goal.is_met is not True] == []


@pytest.mark.parametrize(
    ("spoil", "about"),
    [
        (lambda story: story.happens("late", 900, 1000, "ErrorRateCritical"), "response time"),
        (lambda story: story.happens("late", 900, 1000, "ErrorRateCritical"), "recall of P0 and P1"),
        (lambda story: story.happens("late", 900, 1000, "ErrorRateHigh", priority=Priority.P2), "recall of P2"),
        (lambda story: [story.fires("ErrorRateCritical", start, start + 5) for start in (900, 1200)], "false pages"),
        (lambda story: [story.fires("ApiLatencyCritical", 10 * n, 10 * n + 5) for n in range(1, 8)], "pages per"),
    ],
)
def test_each_goal_can_be_missed(spoil: object, about: str) -> None:
    story = good_week()
    assert callable(spoil)
    spoil(story)
    assert any(about in goal.about for goal in missed(story.report.goals))


def test_slow_detection_misses_the_median() -> None:
    story = Story()
    story.happens("errors", 10, 40, "ErrorRateCritical")
    story.fires("ErrorRateCritical", 13, 47)
    (goal,) = (goal for goal in goals(story.judgement, None) if "median" in goal.about)
    assert (goal.is_met, goal.found) == (False, f"3m{WAIT}s")


def test_goals_without_anything_to_judge_are_not_missed() -> None:
    found = goals(Story().judgement, None)
    assert missed(found) == ()
    assert [goal.about for goal in found if goal.is_met] == ["false pages a week"]


def test_a_missed_goal_names_what_missed_it() -> None:
    story = good_week()
    story.happens("silent leak", 900, 1000, "ErrorRateCritical")
    culprits = {name for goal in missed(story.report.goals) for name in goal.culprits}
    assert culprits == {"silent leak"}
