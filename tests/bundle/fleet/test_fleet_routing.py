"""A fleet's one Alertmanager tells of a service's alerts whom the service's own would tell, in the same way."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from payment_alerts.alertmanager import configuration
from payment_alerts.amtool import Amtool
from payment_alerts.escalation_alerts import ESCALATION_FILE
from payment_alerts.fleet_alertmanager import fleet_configuration, ways_of
from payment_alerts.groups import alert_groups
from payment_alerts.monitoring_alerts import MONITORING_FILE
from payment_alerts.routes import WATCHDOG
from payment_alerts.sharing import rules_of_service
from payment_bundle.backtest.route_tree import parse_routes
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payment_alerts.alert import AlertGroup

USUAL: dict[str, Any] = Settings().model_dump(mode="json", include={"contact_points", "routing"})
PRODUCTION = {"service": ["a:1"], "exporter": ["b:1"]}


def shop(service: str, contacts: dict[str, Any] | None = None, routing: Any = None, **settings: Any) -> Settings:
    """Return the settings of a service of a fleet, with other contact points and routing than usual."""
    return Settings.model_validate(
        {
            "shared": True,
            "service": service,
            "contact_points": {**USUAL["contact_points"], **(contacts or {})},
            "routing": {**USUAL["routing"], **(routing or {})},
            **settings,
        }
    )


CARDS, COUNTER = shop("cards"), shop("counter")
#: A channel of its own; who looks after the money is told as everybody's is.
BOOKS = shop("books", {"slack-oncall": {"type": "slack", "channel": "#books"}})
#: Another mail server and pager, a quiet environment, quiet nights, fewer levels, and a switch of its own.
WALLET = shop(
    "wallet",
    {
        "pager": {"type": "pagerduty", "routing_key_file": "/etc/alertmanager/secrets/wallet-key"},
        "switch": {"type": "webhook", "url": "https://switch.example/wallet"},
    },
    {
        "escalation": {"service-outage": {"L2": ["pager-escalation"]}},
        "teams": {"data-issue": ["data-engineering"]},
        "dead_mans_switch": "switch",
        "mute_times": {"night": {"priorities": ["P3"], "start": "22:00", "end": "07:00"}},
    },
    environments={"production": PRODUCTION, "staging": {**PRODUCTION, "page": False}},
    smtp={"smarthost": "mail.wallet.example:587", "username": "wallet"},
)
MIXED = (BOOKS, CARDS, COUNTER, WALLET)


@cache
def groups_of(service: str) -> tuple[AlertGroup, ...]:
    return alert_groups(build_catalog(next(settings for settings in MIXED if settings.service == service)))


class Told:
    """A configuration of Alertmanager, asked how an alert with some labels is told."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        times = {each["name"]: each["time_intervals"] for each in content.get("time_intervals", ())}
        self._tree = parse_routes(content["route"], times)

    def manner(self, labels: dict[str, str]) -> tuple[object, ...]:
        """Return who is told, how soon, of what together, and when not."""
        branch = self._tree.of(labels)
        return self.integrations(branch.receiver), branch.wait, branch.interval, branch.group_by, branch.mute_times

    def receiver(self, labels: dict[str, str]) -> str:
        """Return what the receiver is called."""
        return self._tree.of(labels).receiver

    def integrations(self, receiver: str) -> dict[str, Any]:
        """Return how a receiver is told, whatever it is called, with the server of its mails."""
        (found,) = (each for each in self.content["receivers"] if each["name"] == receiver)
        account = {key.removeprefix("smtp_"): value for key, value in self.content["global"].items() if "smtp" in key}
        mails = [{**account, **call} for call in found.get("email_configs", [])]
        return {**found, "name": "", "email_configs": mails}


@cache
def alone(service: str) -> Told:
    settings = next(settings for settings in MIXED if settings.service == service)
    return Told(configuration(build_catalog(settings), groups_of(service)))


@cache
def together() -> Told:
    return Told(fleet_configuration(groups_of("cards"), ways_of(MIXED)))


def label_sets(settings: Settings) -> Iterator[dict[str, str]]:
    """Yield the labels with which a service's alerts and their escalations can arrive."""
    groups = groups_of(settings.service)
    escalation = [group for group in groups if group.file == ESCALATION_FILE]
    for group in (*rules_of_service(settings, groups), *escalation):
        for alert in group.alerts:
            own = alert.labels(build_catalog(settings))
            for environment in settings.environments:
                for priority in Priority if "priority" in alert.from_series else (own["priority"],):
                    place = {"environment": environment, "namespace": settings.namespace}
                    yield {**own, **place, "alertname": alert.name, "priority": str(priority)}


@pytest.mark.parametrize("settings", MIXED, ids=lambda settings: settings.service)
def test_an_alert_is_told_as_its_service_would_alone(settings: Settings) -> None:
    found = list(label_sets(settings))
    assert len({labels["alertname"] for labels in found}) > 100
    for labels in found:
        assert together().manner(labels) == alone(settings.service).manner(labels), labels


def test_amtool_sends_it_there(tmp_path: Path) -> None:
    """Matchers read these labels and no others, but for the Watchdog's; each combination of alerts is asked for."""
    read = ("environment", "namespace", "priority", "team", "level")
    combinations = {tuple((name, labels.get(name, "")) for name in read) for labels in label_sets(WALLET)}
    amtool, file = Amtool(), tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump({**together().content, "templates": []}))
    assert amtool.check_config(file) == ()
    for labels in map(dict, sorted(combinations)):
        (receiver,) = amtool.route(file, labels)
        wanted = alone("wallet").receiver(labels)
        assert together().integrations(receiver) == alone("wallet").integrations(wanted), labels


def test_only_what_differs_is_named_after_a_service() -> None:
    names = [receiver["name"] for receiver in together().content["receivers"]]
    assert len(names) == len(set(names))
    assert {name.partition("/")[2] for name in names if name.startswith("books/")} == {
        *("p0", "p0-security-incident", "p1", "p1-security-incident", "p2", "p2-security-incident")
    }
    assert [each["name"] for each in together().content["time_intervals"]] == ["wallet/night"]


def test_the_fleet_has_one_switch_and_its_own_alerts_go_where_most_services_do() -> None:
    route = together().content["route"]
    assert [each["matchers"] for each in route["routes"][:3]] == [
        [f'alertname="{WATCHDOG}"'],
        ['namespace="books"'],
        ['namespace="wallet"'],
    ]
    (call,) = together().integrations(route["routes"][0]["receiver"])["webhook_configs"]
    assert (call["url"], call["send_resolved"]) == ("https://switch.example/wallet", False)
    (monitoring,) = (group for group in groups_of("cards") if group.file == MONITORING_FILE)
    for alert in monitoring.alerts:
        labels = {**alert.labels(build_catalog(CARDS)), "alertname": alert.name, "environment": "monitoring"}
        if alert.name != WATCHDOG:
            assert together().manner(labels) == alone("cards").manner(labels)


def test_services_that_are_routed_alike_need_no_branch() -> None:
    ways = ways_of((CARDS, COUNTER))
    assert [way.name for way in ways] == ["cards"]
    assert fleet_configuration(groups_of("cards"), ways) == alone("cards").content


def test_nothing_is_silenced_across_services() -> None:
    assert all({"environment", "namespace"} <= set(rule["equal"]) for rule in together().content["inhibit_rules"])
