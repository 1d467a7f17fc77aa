"""Routing: every alert reaches the people that the settings name, and nobody else is woken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.amtool import Amtool
from payment_alerts.groups import alert_groups
from payment_alerts.routes import priority_receiver
from payment_catalog.catalog import build_catalog
from payment_catalog.escalation import Team
from payment_catalog.monitoring import MONITORING
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import EmailContact, Smtp, WebhookContact
from payment_catalog.settings.places import Environment
from payment_catalog.settings.routing import Routing
from payment_catalog.severities import Priority

Written = Callable[[Settings], Path]

WEBHOOK_ONLY = Settings(
    contact_points={"hook": WebhookContact(type="webhook", url="http://127.0.0.1:8000/x")},
    routing=Routing(priorities=dict.fromkeys(Priority, ("hook",)), teams={}, escalation={}),
)
QUIET = Settings(
    environments={
        "production": Environment(service=("a:1",), exporter=("b:1",)),
        "staging": Environment(service=("c:1",), exporter=("d:1",), page=False),
    }
)
WITH_SMTP_ACCOUNT = Settings(
    contact_points={"mail": EmailContact(type="email", to="a@b.example")},
    routing=Routing(priorities=dict.fromkeys(Priority, ("mail",)), teams={}, escalation={}),
    smtp=Smtp(username="alertmanager"),
)


@pytest.mark.parametrize("settings", [Settings(), WEBHOOK_ONLY, QUIET, WITH_SMTP_ACCOUNT])
def test_amtool_accepts_the_configuration(written: Written, settings: Settings) -> None:
    assert Amtool().check_config(written(settings) / CONFIGURATION) == ()


def generated(settings: Settings) -> object:
    catalog = build_catalog(settings)
    return alertmanager(catalog, alert_groups(catalog))[CONFIGURATION].content  # type: ignore[union-attr]


def receivers(settings: Settings) -> dict[str, set[str]]:
    """Return for each receiver the kinds of integrations that it has."""
    content = generated(settings)
    return {item["name"]: set(item) - {"name"} for item in content["receivers"]}  # type: ignore[index]


def test_each_priority_and_team_reaches_its_contact_points(written: Written) -> None:
    configuration = written(Settings()) / CONFIGURATION
    pages = {"pagerduty_configs", "slack_configs"}
    wanted = {Priority.P0: pages, Priority.P1: pages, Priority.P2: {"slack_configs"}, Priority.P3: {"slack_configs"}}
    kinds = receivers(Settings())
    for priority in Priority:
        for team in Team:
            labels = {"environment": "production", "priority": priority.value, "team": team.value}
            (receiver,) = Amtool().route(configuration, labels)
            security = team is Team.SECURITY_INCIDENT
            assert receiver == priority_receiver(Settings(), priority, team).name
            assert kinds[receiver] == wanted[priority] | ({"email_configs"} if security else set())


def test_an_environment_that_must_not_page_does_not(written: Written) -> None:
    configuration = written(QUIET) / CONFIGURATION
    labels = {"environment": "staging", "priority": "P0", "team": "service-outage"}
    (receiver,) = Amtool().route(configuration, labels)
    assert "pagerduty_configs" not in receivers(QUIET)[receiver]


@pytest.mark.parametrize(
    ("pages", "receiver"), [((True, False), "p1"), ((False, False), "p3")], ids=["one pages", "none pages"]
)
def test_the_monitoring_wakes_somebody_where_an_environment_does(
    written: Written, pages: tuple[bool, bool], receiver: str
) -> None:
    places = {
        name: Environment(service=("a:1",), exporter=("b:1",), page=page)
        for name, page in zip(("production", "staging"), pages, strict=True)
    }
    configuration = written(Settings(environments=places)) / CONFIGURATION
    labels = {"environment": MONITORING, "priority": "P1", "team": "service-outage"}
    assert Amtool().route(configuration, labels) == (receiver,)


def test_an_alert_without_a_priority_still_reaches_somebody(written: Written) -> None:
    assert Amtool().route(written(Settings()) / CONFIGURATION, {"alertname": "Foreign"}) == ("p3",)


def test_credentials_are_only_named_by_file() -> None:
    text = str(generated(WITH_SMTP_ACCOUNT))
    assert "smtp_auth_password_file" in text
    for secret in ("smtp_auth_password'", "api_url'", "routing_key'", "service_key'"):
        assert secret not in text
