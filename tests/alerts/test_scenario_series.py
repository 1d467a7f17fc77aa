"""Input series of scenarios: what promtool makes of phases that follow one another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payment_alerts.alert import InputSeries
from payment_alerts.scenario_series import in_turn, restarted, rising, steady

PACES = st.lists(st.floats(0, 1e6), min_size=1, max_size=5)


def samples(values: str) -> list[float]:
    """Return what promtool 2.42 makes of its notation: it adds the step to the sample before."""
    found: list[float] = []
    for part in values.split():
        start, _, rest = part.partition("+")
        step, _, count = rest.rpartition("x")
        found.append(float(start))
        for _ in range(int(count)):
            found.append(found[-1] + float(step))
    return found


def phase(values: str) -> tuple[InputSeries, ...]:
    return (InputSeries("requests_total", values),)


@given(PACES)
def test_a_counter_goes_on_where_it_was_and_never_falls(paces: list[float]) -> None:
    (series,) = in_turn(*(phase(rising(pace, 7)) for pace in paces))
    counted = samples(series.values)
    assert len(counted) == 8 * len(paces)
    assert counted == sorted(counted)


def test_each_phase_has_its_own_pace_from_its_first_sample_on() -> None:
    (series,) = in_turn(phase(rising(2, 2)), phase(rising(10, 1)), phase(rising(0, 1)))
    assert samples(series.values) == [0, 2, 4, 14, 24, 24, 24]


def test_a_gauge_takes_the_value_of_each_phase() -> None:
    (series,) = in_turn(phase(steady(5, 1)), phase(steady(0, 1)), phase(steady(3, 0)))
    assert samples(series.values) == [5, 5, 0, 0, 3]


def test_a_counter_begins_anew_after_a_restart() -> None:
    (series,) = restarted(phase(rising(2, 2)), phase(rising(3, 1)))
    assert samples(series.values) == [0, 2, 4, 0, 3]
