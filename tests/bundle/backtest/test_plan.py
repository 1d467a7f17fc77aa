from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from payment_bundle.backtest.kinds import KINDS, LOOK_ALIKES
from payment_bundle.backtest.kinds.kind import Hours, Level
from payment_bundle.backtest.occurrence import Occurrence
from payment_bundle.backtest.plan import plan
from payment_bundle.backtest.timeline import Timeline

SEEDS = (1, 2, 3)
KIND = {kind.name: kind for kind in KINDS}


def planned(seed: int = 1, weeks: int = 8, instances: int = 3) -> tuple[Occurrence, ...]:
    return plan(seed, Timeline(weeks), KINDS, LOOK_ALIKES, instances)


def incidents(found: tuple[Occurrence, ...]) -> list[Occurrence]:
    return [occurrence for occurrence in found if occurrence.strength is not None]


def level(occurrence: Occurrence) -> Level:
    assert occurrence.strength is not None
    return KIND[occurrence.kind].levels[occurrence.strength]


def local(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, UTC) + timedelta(hours=8)


def test_a_seed_makes_one_plan() -> None:
    assert planned() == planned()
    assert planned() != planned(seed=2)


@pytest.mark.parametrize("seed", SEEDS)
def test_over_eight_weeks_each_kind_happens_at_each_strength(seed: int) -> None:
    found = incidents(planned(seed))
    assert len(found) >= 60
    assert {(one.kind, one.strength) for one in found} == {
        (kind.name, strength) for kind in KINDS for strength in kind.levels
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_happens_during_an_incident_or_before_all_has_recovered(seed: int) -> None:
    found = planned(seed)
    for earlier, later in pairwise(found):
        recovery = KIND[earlier.kind].recovery if earlier.strength else timedelta(0)
        assert earlier.end + recovery.total_seconds() <= later.start, (earlier, later)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_begins_when_it_can(seed: int) -> None:
    timeline = Timeline(8)
    for one in incidents(planned(seed)):
        assert one.start >= timeline.start + KIND[one.kind].after.total_seconds(), one
        assert one.end <= timeline.end
        start, end = local(one.start), local(one.end)
        match level(one).hours:
            case Hours.BUSY:
                assert 9 <= start.hour < 21
            case Hours.QUIET:
                assert 1 <= start.hour < 5
                assert end.hour <= 6
            case Hours.OFFICE:
                assert start.weekday() < 5
                assert 10 <= start.hour < 17


def test_an_incident_says_what_its_level_says() -> None:
    for one in incidents(planned()):
        kind, of = KIND[one.kind], level(one)
        assert (one.incident, one.priority, one.spends) == (kind.incident, of.priority, of.spends)
        assert one.alerts == (kind.alerts if of.alerts is None else of.alerts)
        assert one.end - one.start == of.duration.total_seconds()


@pytest.mark.parametrize("seed", SEEDS)
def test_harmless_things_happen_every_day_and_releases_on_working_days(seed: int) -> None:
    harmless = [one for one in planned(seed) if one.strength is None]
    assert all(one.is_harmless and not one.alerts for one in harmless)
    assert {one.kind for one in harmless} == {look_alike.name for look_alike in LOOK_ALIKES}
    assert len(harmless) >= 2 * 56
    releases = [local(one.start) for one in harmless if one.kind == "deployment"]
    assert len(releases) >= 30
    assert all(moment.weekday() < 5 for moment in releases)
    assert max(Counter(moment.date() for moment in releases).values()) == 1


def test_fewer_weeks_have_fewer_incidents_of_as_many_kinds_as_possible() -> None:
    one, eight = incidents(planned(weeks=1)), incidents(planned(weeks=8))
    assert len(one) == pytest.approx(len(eight) / 8, abs=1)
    assert len({incident.kind for incident in one}) == len(one)
    assert not any(KIND[incident.kind].after > timedelta(weeks=1) for incident in one)


def test_more_weeks_have_more_incidents_in_proportion() -> None:
    assert len(incidents(planned(weeks=16))) == pytest.approx(2 * len(incidents(planned())), rel=0.02)


def test_some_kinds_need_several_instances() -> None:
    assert "instance-down" in {one.kind for one in planned()}
    assert "instance-down" not in {one.kind for one in planned(instances=1)}
