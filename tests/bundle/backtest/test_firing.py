"""``for`` and ``keep_firing_for``, evaluation by evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from payment_bundle.backtest.firing import Firing, firings


def found(course: str) -> list[int]:
    """Return the evaluations that have a result, of a course such as ``..###.``."""
    return [evaluation for evaluation, mark in enumerate(course) if mark == "#"]


@pytest.mark.parametrize(
    ("course", "pending", "keep", "expected"),
    [
        ("......", 0, 0, []),
        ("..###.", 0, 0, [Firing(2, 2, 5)]),
        ("..###.", 2, 0, [Firing(2, 4, 5)]),
        ("..###.", 3, 0, []),
        ("..###.", 2, 2, [Firing(2, 4, 6)]),
        ("..###...", 2, 2, [Firing(2, 4, 7)]),
        ("..###", 0, 0, [Firing(2, 2, 5)]),
        ("..###", 2, 5, [Firing(2, 4, 5)]),
        ("######", 0, 0, [Firing(0, 0, 6)]),
        # A gap of one evaluation while it is pending begins it anew; while it fires, it ends it.
        ("##.##.", 2, 0, []),
        ("##.###", 2, 0, [Firing(3, 5, 6)]),
        ("###.###.", 2, 0, [Firing(0, 2, 3), Firing(4, 6, 7)]),
        # Kept firing over a gap that is no longer than keep_firing_for: one alert, active since its first result.
        ("###.###.", 2, 1, [Firing(0, 2, 8)]),
        ("###.#...", 2, 1, [Firing(0, 2, 6)]),
        ("###..#..", 2, 1, [Firing(0, 2, 4)]),
        ("###..#..", 2, 2, [Firing(0, 2, 8)]),
        # Each result begins the time that it is kept anew.
        ("###.#.#....", 2, 2, [Firing(0, 2, 9)]),
        # What is pending is not kept.
        ("##...", 2, 3, []),
        # Too late to be the same alert, it has to be pending again.
        ("###...###.", 2, 2, [Firing(0, 2, 5), Firing(6, 8, 10)]),
        ("###...##..", 2, 2, [Firing(0, 2, 5)]),
    ],
)
def test_it_fires_as_long_as_prometheus_says(course: str, pending: int, keep: int, expected: list[Firing]) -> None:
    assert list(firings(np.array(found(course), dtype=np.int64), len(course), pending, keep)) == expected


def eval_as_prometheus(course: str, pending: int, keep: int) -> list[Firing]:
    """Go through ``AlertingRule.Eval`` of Prometheus for one label set, evaluation by evaluation."""
    fired: list[Firing] = []
    state, active, started, keep_since = "inactive", 0, 0, -1
    for now, mark in enumerate(course):
        if mark == "#":
            if state == "inactive":
                state, active = "pending", now
            keep_since = -1
        else:
            keep_firing = False
            if state == "firing" and keep > 0:
                keep_since = now if keep_since < 0 else keep_since
                keep_firing = now - keep_since < keep
            if not keep_firing:
                if state == "firing":
                    fired.append(Firing(active, started, now))
                state = "inactive"
                continue
        if state == "pending" and now - active >= pending:
            state, started = "firing", now
    if state == "firing":
        fired.append(Firing(active, started, len(course)))
    return fired


@pytest.mark.parametrize("seed", range(20))
def test_any_course_ends_as_when_gone_through_step_by_step(seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(50):
        course = "".join("#" if found else "." for found in random.random(60) < random.choice([0.2, 0.5, 0.8, 0.95]))
        pending, keep = (int(number) for number in random.integers(0, 6, 2))
        results = np.array(found(course), dtype=np.int64)
        assert list(firings(results, len(course), pending, keep)) == eval_as_prometheus(course, pending, keep), course
