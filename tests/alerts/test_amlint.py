"""The routing read by amlint, which knows what amtool does not: routes that are never reached, alerts without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import WebhookContact
from payment_catalog.settings.places import Environment

Written = Callable[[Settings], Path]

SWITCH = {"switch": WebhookContact(type="webhook", url="https://switch.example/call")}
WATCHED = {
    "contact_points": {**Settings().contact_points, **SWITCH},
    "routing": Settings().routing.model_copy(update={"dead_mans_switch": "switch"}),
}
SETTINGS = {
    "a dead man's switch": Settings(**WATCHED),
    "an environment that wakes nobody": Settings(
        **WATCHED,
        environments={
            "production": Environment(service=("a:1",), exporter=("b:1",)),
            "staging": Environment(service=("c:1",), exporter=("d:1",), page=False),
        },
    ),
}


def findings(directory: Path) -> list[dict[str, object]]:
    command = (
        str(Path(sys.executable).with_name("amlint")),
        *("check", "--format", "json", "--exit-zero"),
        *("--rules", str(directory / "prometheus/rules/*.yaml")),
        str(directory / "alertmanager/alertmanager.yml"),
    )
    found: list[dict[str, object]] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    )
    return found


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_amlint_finds_nothing(written: Written, settings: Settings) -> None:
    assert findings(written(settings)) == []


def test_without_a_dead_mans_switch_amlint_says_that_nobody_is_told(written: Written) -> None:
    (found,) = findings(written(Settings()))
    assert (found["code"], found["where"]) == ("empty-receiver", "receivers[blackhole]")


def test_amlint_sees_an_alert_that_no_route_takes(written: Written) -> None:
    directory = written(Settings())
    configuration = directory / "alertmanager/alertmanager.yml"
    configuration.write_text(configuration.read_text().replace('priority="P0"', 'priority="P9"'))
    assert "priority" in json.dumps(findings(directory))
