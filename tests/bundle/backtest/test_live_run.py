"""A backtest finds of a live run what the live Prometheus found: the same alerts, at the same evaluations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from bundle.backtest.live_run import LiveRun, Page, live_run

from payment_alerts.alert import AlertGroup
from payment_alerts.groups import alert_groups
from payment_bundle.backtest.evaluation import Evaluator
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_catalog.signal import RecordingRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from payment_alerts.alert import Alert
    from payment_bundle.backtest.evaluation_grid import Grid

CATALOG = build_catalog(Settings())
TEMPLATE = alert_groups(CATALOG)[0]
SECOND = 1000
#: Milliseconds between a scrape and the next evaluation within which nobody knows which of the two came first.
TOO_CLOSE = 100
#: Groups that must be clear of that; where a group and where a target has its moment within a second is chance.
FEWEST_COMPARED = 2
#: A machine that is very busy misses evaluations.
ATTEMPTS = 3


def alert(name: str, expr: str, pending: int = 0, keep: int = 0) -> Alert:
    return replace(
        TEMPLATE.alerts[0],
        name=name,
        expr=expr,
        pending=timedelta(seconds=pending),
        keep_firing=timedelta(seconds=keep),
        summary="",
        description="",
    )


def group(name: str, interval: int | None = None) -> AlertGroup:
    """Return the rules of the run; each group is evaluated at a moment of its own within a second."""
    return AlertGroup(
        name,
        f"{name}.yaml",
        (
            alert(f"High{name}", "level > 5"),
            alert(f"HighFor{name}", "level > 5", pending=2),
            alert(f"HighKept{name}", "level > 5", pending=2, keep=3),
            alert(f"Counted{name}", "rate(events_total[5s]) > 2", pending=1),
            alert(f"Recorded{name}", f"{name}:level:max > 5", keep=2),
            # Of a group with an interval, a window holds more samples than the live one.
            *([] if interval else [alert(f"Averaged{name}", f"avg_over_time({name}:level:max[6s]) > 4", pending=3)]),
            alert(f"Sampled{name}", f"sum_over_time({name}:level:max[6s:2s]) / 3 > 4"),
            alert(f"Absent{name}", 'absent(level{side="b"})', pending=1),
            alert(f"Down{name}", "up == 0"),
            alert(f"Never{name}", "level > 5", pending=60),
        ),
        (
            RecordingRule(f"{name}:evaluated", "vector(1)"),
            RecordingRule(f"{name}:level", "level > 0"),
            RecordingRule(f"{name}:level:max", f"max by (job) ({name}:level)"),
        ),
        timedelta(seconds=interval) if interval else None,
        dashboard=TEMPLATE.dashboard,
    )


GROUPS = (group("one"), group("two"), group("three"), group("slow", interval=3))


def step_of(rules: AlertGroup) -> int:
    """Return the milliseconds between two evaluations."""
    return rules.interval // timedelta(milliseconds=1) if rules.interval else SECOND


def script() -> list[Mapping[str, float] | None]:
    """Return what each scrape brings: levels that swing, a counter that restarts, a gap, and a page that fails."""
    level = "0000 9 0000 99 00 999 0 9 0 99999 00000 9999 000 9 0 9 00000000".replace(" ", "")
    rows: list[Mapping[str, float] | None] = []
    events = 0.0
    for number, digit in enumerate(level):
        events = 0 if number == 20 else events + (4 if 8 <= number < 24 else 0.5)
        row = {'level{side="a"}': float(digit), "events_total": events}
        if not 13 <= number < 17:
            row['level{side="b"}'] = 9 - float(digit) if 26 <= number < 33 else 1
        rows.append(None if number in {29, 30} else row)
    return rows


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveRun]:
    steps = {f"{rules.name}:evaluated": step_of(rules) for rules in GROUPS}
    for attempt in range(1, ATTEMPTS + 1):
        with live_run(tmp_path_factory.mktemp("live"), CATALOG, GROUPS, Page(script())) as run:
            if attempt == ATTEMPTS or (run.is_undisturbed(steps) and len(comparable(run)) >= FEWEST_COMPARED):
                yield run
                return


def comparable(live: LiveRun) -> list[tuple[AlertGroup, Grid]]:
    """Return the groups, and their evaluations, that were clearly after one scrape and before the next."""
    scraped, _ = live.scraped()
    found = []
    for rules in GROUPS:
        evaluated = live.grid(f"{rules.name}:evaluated", step_of(rules))
        since_scrape = (evaluated.start - scraped) % SECOND
        if since_scrape.min() >= TOO_CLOSE and since_scrape.max() <= SECOND - TOO_CLOSE:
            found.append((rules, evaluated))
    return found


def test_the_two_ways_find_the_same(live: LiveRun, tmp_path: Path) -> None:
    scraped, series = live.scraped()
    compared = comparable(live)
    for rules, evaluated in compared:
        step = step_of(rules)
        # The raw samples are a second apart, also where the group is evaluated less often.
        moments = replace(evaluated, step=SECOND, size=evaluated.size * step // SECOND)
        found = Evaluator(CATALOG, [rules]).over(series, scraped, moments, tmp_path)
        expected = {each.name: live.episodes(each.name, evaluated) for each in rules.alerts}
        assert found.episodes == expected
        assert not found.left_out
        silent = {name for name, episodes in expected.items() if not episodes}
        assert f"Never{rules.name}" in silent
        if rules.interval is None:
            assert silent == {f"Never{rules.name}"}
            assert len(expected[f"High{rules.name}"]) > len(expected[f"HighKept{rules.name}"]) > 1
    assert len(compared) >= FEWEST_COMPARED, (
        "scrapes and evaluations were too close to each other to say which came first"
    )


def test_what_a_prometheus_remembers_can_be_evaluated_too(live: LiveRun) -> None:
    rules = GROUPS[0]
    evaluated = live.grid(f"{rules.name}:evaluated", SECOND)
    end = evaluated.moment(evaluated.size)
    found = Evaluator(CATALOG, [rules]).remembered(live.api, evaluated.moment(0), end, timedelta(seconds=1))
    assert found.episodes == {each.name: live.episodes(each.name, evaluated) for each in rules.alerts}
    assert not found.missing


def test_recorded_series_that_a_prometheus_does_not_have_are_named(live: LiveRun) -> None:
    renamed = replace(
        GROUPS[0],
        recordings=(RecordingRule("other:level", "level > 0"),),
        alerts=(alert("Other", "other:level > 5"), alert("Known", "level > 5")),
    )
    evaluated = live.grid(f"{GROUPS[0].name}:evaluated", SECOND)
    found = Evaluator(CATALOG, [renamed]).remembered(
        live.api, evaluated.moment(0), evaluated.moment(evaluated.size), timedelta(seconds=1)
    )
    assert found.missing == ("other:level",)
    assert set(found.left_out) == {"Other"}
    assert len(found.episodes["Known"]) == len(live.episodes(f"High{GROUPS[0].name}", evaluated))
