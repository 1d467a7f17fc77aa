"""Every alert, as its rule labels it, is routed by amtool to exactly those whom the settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from payment_alerts.alertmanager import CONFIGURATION
from payment_alerts.amtool import Amtool
from payment_alerts.groups import alert_groups
from payment_alerts.routes import WATCHDOG, receivers, routes
from payment_catalog.catalog import build_catalog
from payment_catalog.escalation import EscalationLevel, Team
from payment_catalog.mute_time import MuteTime
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import PagerDutyContact, WebhookContact
from payment_catalog.settings.places import Environment
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_alerts.alert import Alert

Written = Callable[[Settings], Path]

ROUTING = Settings().routing
SETTINGS = {
    "the runbook's": Settings(),
    "a quiet environment, a dead man's switch, quiet nights": Settings(
        environments={
            "production": Environment(service=("a:1",), exporter=("b:1",)),
            "staging": Environment(service=("c:1",), exporter=("d:1",), page=False),
        },
        contact_points={
            **Settings().contact_points,
            "switch": WebhookContact(type="webhook", url="https://switch.example/call"),
        },
        routing=ROUTING.model_copy(
            update={"dead_mans_switch": "switch", "mute_times": {"night": MuteTime(start="22:00", end="07:00")}}
        ),
    ),
    "levels of which one team has none": Settings(
        routing=ROUTING.model_copy(
            update={"escalation": {team: found for team, found in ROUTING.escalation.items() if "data" not in team}}
        )
    ),
}


def wanted(settings: Settings, labels: dict[str, str]) -> set[str]:
    """Return the contact points of an alert with ``labels``, as bundle.yaml's comments say it."""
    routing, priority, team = settings.routing, Priority(labels["priority"]), Team(labels["team"])
    if labels["alertname"] == WATCHDOG:
        return {routing.dead_mans_switch} if routing.dead_mans_switch else set()
    if not settings.environments[labels["environment"]].page:
        return set(routing.priorities[Priority.P3])
    usual = {*routing.priorities[priority], *routing.teams.get(team, ())}
    if "level" not in labels:
        return usual
    called = routing.escalation.get(team, {}).get(EscalationLevel(labels["level"]), ())
    pages = any(_is_pager(settings, name) for name in routing.priorities[priority])
    return {name for name in called if pages or not _is_pager(settings, name)} or usual


def _is_pager(settings: Settings, name: str) -> bool:
    return isinstance(settings.contact_points[name], PagerDutyContact)


def labelled(settings: Settings, alert: Alert) -> Iterator[dict[str, str]]:
    """Return the label sets with which ``alert`` can arrive."""
    own = alert.labels(build_catalog(settings))
    for environment in settings.environments:
        for priority in Priority if "priority" in alert.from_series else (own["priority"],):
            place = {"alertname": alert.name, "environment": environment, "namespace": settings.namespace}
            yield {"incident": "high-error-rate", **own, **place, "priority": str(priority)}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_alert_reaches_whom_the_settings_name(written: Written, settings: Settings) -> None:
    configuration = written(settings) / CONFIGURATION
    contacts = {receiver.name: set(receiver.contacts) for receiver in receivers(settings)}
    known = set(matchers(routes(settings)))
    matched = {matcher.partition("=")[0].rstrip("!") for matcher in known}
    # Of the names of alerts the routes know one: all others are routed by their other labels.
    assert {matcher for matcher in known if matcher.startswith("alertname")} == {f'alertname="{WATCHDOG}"'}

    @cache
    def receiver(labels: frozenset[tuple[str, str]]) -> str:
        (found,) = Amtool().route(configuration, dict(labels))
        return found

    for group in alert_groups(build_catalog(settings)):
        for alert in group.alerts:
            for labels in labelled(settings, alert):
                telling = {name: text for name, text in labels.items() if name in matched}
                if labels["alertname"] != WATCHDOG:
                    del telling["alertname"]
                assert contacts[receiver(frozenset(telling.items()))] == wanted(settings, labels), labels


def matchers(route: dict[str, Any]) -> Iterator[str]:
    """Return the matchers of a route and of those below it."""
    yield from route.get("matchers", ())
    for branch in route.get("routes", ()):
        yield from matchers(branch)
