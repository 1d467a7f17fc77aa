"""Mute times in Alertmanager's routes: what may wait waits wherever it goes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from payment_alerts.alertmanager import CONFIGURATION
from payment_alerts.amtool import Amtool
from payment_catalog.mute_time import MuteTime, Weekday
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment
from payment_catalog.severities import Priority

Written = Callable[[Settings], Path]

SETTINGS = Settings(
    environments={
        "production": Environment(service=("a:1",), exporter=("b:1",)),
        "staging": Environment(service=("c:1",), exporter=("d:1",), page=False),
    },
    routing=Settings().routing.model_copy(
        update={
            "mute_times": {
                "night": MuteTime(start="22:00", end="07:00", location="Asia/Kuala_Lumpur"),
                "weekend": MuteTime(priorities=(Priority.P2, Priority.P3), weekdays=(Weekday.SATURDAY, Weekday.SUNDAY)),
            }
        }
    ),
)


def leaves(route: dict[str, Any], matchers: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield each route of the tree with all matchers that lead to it: one that has routes can take an alert too."""
    matchers = (*matchers, *route.get("matchers", ()))
    yield matchers, route
    for inner in route.get("routes", ()):
        yield from leaves(inner, matchers)


def test_every_way_of_a_muted_priority_is_muted(written: Written) -> None:
    file = written(SETTINGS) / CONFIGURATION
    assert Amtool().check_config(file) == ()
    wanted = {Priority.P0: None, Priority.P1: None, Priority.P2: ["weekend"], Priority.P3: ["night", "weekend"]}
    seen = set()
    for matchers, route in leaves(yaml.safe_load(file.read_text())["route"]):
        for priority, times in wanted.items():
            if f'priority="{priority}"' in matchers:
                assert route.get("mute_time_intervals") == times, matchers
                seen.add((priority, any(found.startswith("level=") for found in matchers)))
        if 'environment=~"staging"' in matchers:
            assert route["mute_time_intervals"] == wanted[Priority.P3]
    assert {(priority, False) for priority in Priority} | {(Priority.P2, True), (Priority.P3, True)} == seen


def test_alertmanager_is_told_days_hours_and_place(written: Written) -> None:
    night, weekend = yaml.safe_load((written(SETTINGS) / CONFIGURATION).read_text())["time_intervals"]
    assert night["time_intervals"] == [
        {
            "weekdays": list(map(str, Weekday)),
            "times": [
                {"start_time": "00:00", "end_time": "07:00"},
                {"start_time": "22:00", "end_time": "24:00"},
            ],
            "location": "Asia/Kuala_Lumpur",
        }
    ]
    assert weekend["time_intervals"][0]["weekdays"] == ["saturday", "sunday"]


def test_a_place_that_is_none_is_found_by_the_check(written: Written) -> None:
    nowhere = {"night": MuteTime(location="Asia/Nowhere")}
    settings = Settings(routing=Settings().routing.model_copy(update={"mute_times": nowhere}))
    (found,) = Amtool().check_config(written(settings) / CONFIGURATION)
    assert "Asia/Nowhere" in found.message
