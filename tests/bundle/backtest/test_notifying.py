"""Alerts become the messages that Alertmanager with our configuration sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from backtest_story import CATALOG, GROUPS, PLACE, WAIT, Story, at

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.tool import find_tool, run_tool
from payment_bundle.backtest.notifying import configured, each_alone
from payment_bundle.rendering import render_all
from payment_catalog.mute_time import MuteTime
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment
from payment_catalog.settings.routing import Routing
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from pathlib import Path


def test_alerts_of_one_incident_and_priority_are_one_page_until_the_last_ends() -> None:
    story = Story()
    story.fires("ErrorRateCritical", 10, 20)
    story.fires("AvailabilityErrorBudgetBurnFast", 10.2, 35)
    (page,) = story.pages
    assert page.wakes
    assert page.alerts == ("ErrorRateCritical", "AvailabilityErrorBudgetBurnFast")
    assert page.at == at(10) + WAIT
    assert page.until == at(35)
    assert page.priority is Priority.P1


def test_a_later_alert_is_told_at_the_next_look_and_is_no_page_of_its_own() -> None:
    story = Story()
    story.fires("ErrorRateCritical", 10, 60)
    story.fires("AvailabilityErrorBudgetBurnFast", 13, 60)
    (page,) = story.pages
    assert [(told.alert, told.at) for told in page.told] == [
        ("ErrorRateCritical", at(10) + WAIT),
        ("AvailabilityErrorBudgetBurnFast", at(15) + WAIT),
    ]


def test_what_wakes_nobody_is_a_message_all_the_same() -> None:
    story = Story()
    story.fires("ErrorRateHigh", 10, 20)
    (page,) = story.pages
    assert not page.wakes
    assert page.at == at(11)


def test_priorities_of_one_incident_are_messages_of_their_own() -> None:
    story = Story()
    story.fires("ErrorRateCritical", 10, 20)
    story.fires("AvailabilityErrorBudgetBurnSlow", 10, 20)
    urgent, other = story.pages
    assert dict(urgent.labels) == dict(other.labels)
    assert (urgent.priority, urgent.wakes) == (Priority.P1, True)
    assert not other.wakes


def test_what_ends_and_comes_again_before_the_next_look_is_nothing_new() -> None:
    story = Story()
    story.fires("ErrorRateCritical", 10, 12)
    story.fires("ErrorRateCritical", 13, 30)
    (page,) = story.pages
    assert page.until == at(30)
    assert len(page.told) == 1


def test_what_comes_again_after_all_was_over_is_another_page() -> None:
    story = Story()
    story.fires("ErrorRateCritical", 10, 12)
    story.fires("ErrorRateCritical", 20, 30)
    assert [page.at for page in story.pages] == [at(10) + WAIT, at(20) + WAIT]


def test_an_alert_that_is_over_before_the_first_message_is_not_told() -> None:
    story = Story()
    story.fires("ErrorRateCritical", 10, 10.1)
    assert story.pages == ()


def test_the_milder_level_is_silent_while_the_worse_fires_and_is_told_when_it_ends() -> None:
    story = Story()
    story.fires("ApiLatencyCritical", 10, 20)
    story.fires("ApiLatencyHigh", 10, 40)
    told = {one.alert: one.at for page in story.pages for one in page.told}
    assert told["ApiLatencyCritical"] == at(10) + WAIT
    assert told["ApiLatencyHigh"] >= at(20)


def test_levels_of_another_thing_inhibit_nothing() -> None:
    story = Story()
    story.fires("DiskFullWithinHours", 10, 40, instance="one", mountpoint="/")
    story.fires("DiskFullWithinADay", 10, 40, instance="one", mountpoint="/var")
    story.fires("DiskFullWithinADay", 10, 40, instance="one", mountpoint="/")
    told = [(one.alert, one.episode.labels["mountpoint"]) for page in story.pages for one in page.told]
    assert sorted(told) == [("DiskFullWithinADay", "/var"), ("DiskFullWithinHours", "/")]


def test_consequences_of_an_outage_are_not_told_elsewhere_they_are() -> None:
    story = Story()
    story.fires("PaymentServiceDown", 10, 40)
    story.fires("NoPaymentProcessed", 10.1, 40)
    story.fires("NoPaymentProcessed", 10.1, 40, environment="staging")
    told = [(one.alert, one.episode.labels["environment"]) for page in story.pages for one in page.told]
    assert sorted(told) == [("NoPaymentProcessed", "staging"), ("PaymentServiceDown", "production")]


def test_the_alert_that_always_fires_tells_nobody() -> None:
    story = Story()
    story.fires("Watchdog", 0, 9000)
    assert story.pages == ()


def test_an_escalation_is_told_apart() -> None:
    story = Story()
    story.fires("ServiceOutageEscalatedToL2", 40, 60, priority="P1", incident="high-error-rate", level="L2")
    (page,) = story.pages
    assert page.wakes
    assert page.is_escalation


def test_an_environment_that_wakes_nobody_wakes_nobody() -> None:
    place = Environment(service=("a:1",), exporter=("b:1",))
    story = Story(Settings(environments={"production": place, "staging": place.model_copy(update={"page": False})}))
    story.fires("ErrorRateCritical", 10, 20)
    story.fires("ErrorRateCritical", 10, 20, environment="staging")
    assert {dict(page.labels)["environment"]: page.wakes for page in story.pages} == {
        "production": True,
        "staging": False,
    }


def test_a_muted_message_is_sent_when_the_night_is_over() -> None:
    night = {"night": MuteTime(priorities=(Priority.P2,), start="22:00", end="07:00", location="UTC")}
    story = Story(Settings(routing=Routing(mute_times=night)))
    story.fires("ErrorRateHigh", 5 * 60, 8 * 60)
    story.fires("ErrorRateCritical", 5 * 60, 5 * 60 + 30)
    quiet, loud = sorted(story.pages, key=lambda page: page.wakes)
    assert at(7 * 60) <= quiet.at < at(7 * 60 + 5)
    assert loud.at == at(5 * 60) + WAIT


def test_plain_thresholds_page_for_each_alert_at_once() -> None:
    story = Story()
    found = [story.fires("ErrorRateHigh", 10, 20), story.fires("ErrorRateCritical", 11, 12)]
    pages = each_alone(found)
    assert [(page.at, page.until, page.wakes) for page in pages] == [(at(10), at(20), True), (at(11), at(12), True)]


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("alertmanager") / "alertmanager.yml"
    file.write_bytes(render_all(alertmanager(CATALOG, GROUPS))[CONFIGURATION])
    return file


@pytest.mark.parametrize(
    "labels",
    [
        {"alertname": "Watchdog", "priority": "P3"},
        {"alertname": "ErrorRateCritical", "priority": "P1", "team": "service-outage"},
        {"alertname": "SuspiciousAPIAccess", "priority": "P1", "team": "security-incident"},
        {"alertname": "HighFailedAuthRate", "priority": "P2", "team": "security-incident"},
        {"alertname": "Escalated", "priority": "P0", "team": "data-issue", "level": "L2"},
        {"alertname": "Escalated", "priority": "P3", "team": "data-issue", "level": "L3"},
        {"alertname": "Strange"},
    ],
)
def test_an_alert_goes_where_amtool_says(configuration: Path, labels: dict[str, str]) -> None:
    labels = {**PLACE, **labels}
    pairs = [f"{name}={value}" for name, value in labels.items()]
    result = run_tool((find_tool("amtool"), "config", "routes", "test", f"--config.file={configuration}", *pairs), 30)
    assert configured(CATALOG, GROUPS).root.of(labels).receiver == result.output.splitlines()[-1]


def test_every_inhibition_and_receiver_of_the_generated_configuration_is_known(configuration: Path) -> None:
    written = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    known = configured(CATALOG, GROUPS)
    assert len(known.rules) == len(written["inhibit_rules"])
    waking = {receiver["name"] for receiver in written["receivers"] if "pagerduty_configs" in receiver}
    assert known.waking == waking
