"""Alertmanager: who is told of what, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from payment_alerts.integrations import integrations
from payment_alerts.messages import messages
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.settings import EmailContact
from payment_catalog.severities import SEVERITY_LEVELS, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import ContactPoint, Settings

CONFIGURATION = "alertmanager/alertmanager.yml"

#: Alerts of one incident make one message.
_GROUP_BY = ["environment", "namespace", "incident"]
_SAME_PLACE = ["environment", "namespace"]
#: Two alerts with these in common are levels of one; a label that neither has counts as equal.
_SAME_THING = [*_SAME_PLACE, "incident", "team", "job", "instance", "target", "collector", "mountpoint", "table"]
#: How long the first message waits for its companions: no longer than a response time can spare.
_GROUP_WAIT = {Priority.P0: "10s", Priority.P1: "30s", Priority.P2: "1m", Priority.P3: "5m"}
#: Priority that decides for an environment that wakes nobody.
_QUIET = Priority.P3


def alertmanager(catalog: Catalog) -> Documents:
    """Return ``alertmanager.yml`` and the templates of its messages."""
    return {CONFIGURATION: YamlDocument(_configuration(catalog.settings), __name__), **messages(catalog)}


def receiver_name(priority: Priority, team: Team | None = None) -> str:
    """Return the name of the receiver for a priority, or for a priority of a team with contact points of its own."""
    return f"{priority.lower()}-{team}" if team else priority.lower()


def _configuration(settings: Settings) -> dict[str, Any]:
    content: dict[str, Any] = {
        "global": _smtp(settings),
        "templates": ["templates/*.tmpl"],
        "route": _routes(settings),
        "inhibit_rules": _inhibitions(),
        "receivers": [
            {"name": name, **integrations(settings.urls, contacts)} for name, contacts in _receivers(settings).items()
        ],
    }
    return {key: value for key, value in content.items() if value}


def _smtp(settings: Settings) -> dict[str, Any]:
    if not any(isinstance(contact, EmailContact) for contact in settings.contact_points.values()):
        return {}
    account = (
        {"smtp_auth_username": settings.smtp.username, "smtp_auth_password_file": settings.smtp.password_file}
        if settings.smtp.username
        else {}
    )
    return {"smtp_smarthost": settings.smtp.smarthost, "smtp_from": settings.smtp.sender, **account}


def _routes(settings: Settings) -> dict[str, Any]:
    quiet = [name for name, environment in settings.environments.items() if not environment.page]
    routes = [_route(settings, priority) for priority in Priority]
    if quiet:
        routes.insert(
            0, {"receiver": receiver_name(_QUIET), "matchers": [f'environment=~"{"|".join(quiet)}"'], "continue": False}
        )
    return {
        "receiver": receiver_name(_QUIET),
        "group_by": _GROUP_BY,
        "group_wait": _GROUP_WAIT[_QUIET],
        "group_interval": "5m",
        "repeat_interval": _repeat(_QUIET),
        "routes": routes,
    }


def _route(settings: Settings, priority: Priority) -> dict[str, Any]:
    route: dict[str, Any] = {
        "receiver": receiver_name(priority),
        "matchers": [f'priority="{priority}"'],
        "group_wait": _GROUP_WAIT[priority],
        "repeat_interval": _repeat(priority),
    }
    teams = [
        {"receiver": receiver_name(priority, team), "matchers": [f'team="{team}"']} for team in settings.routing.teams
    ]
    return {**route, "routes": teams} if teams else route


def _repeat(priority: Priority) -> str:
    """Return the runbook's response time: who has not responded by then is told again; at least half an hour."""
    return format_duration(max(SEVERITY_LEVELS[priority].response, timedelta(minutes=30)))


def _inhibitions() -> list[dict[str, Any]]:
    """Return what silences what: a service that is down explains its symptoms, a critical level its warning.

    Security alerts silence nothing and are silenced by nothing: two of them are two traces of one attack.
    """
    return [
        {
            "source_matchers": ['alertname="PaymentServiceDown"'],
            "target_matchers": ['team=~"service-outage|performance-issue"', 'priority!="P0"'],
            "equal": _SAME_PLACE,
        },
        {
            "source_matchers": ['severity="critical"'],
            "target_matchers": ['severity="warning"', f'team!="{Team.SECURITY_INCIDENT}"'],
            "equal": _SAME_THING,
        },
    ]


def _receivers(settings: Settings) -> dict[str, tuple[ContactPoint, ...]]:
    receivers: dict[str, tuple[ContactPoint, ...]] = {}
    for priority, names in settings.routing.priorities.items():
        receivers[receiver_name(priority)] = _contacts(settings, names)
        for team, more in settings.routing.teams.items():
            receivers[receiver_name(priority, team)] = _contacts(settings, (*names, *more))
    return receivers


def _contacts(settings: Settings, names: Iterable[str]) -> tuple[ContactPoint, ...]:
    return tuple(settings.contact_points[name] for name in dict.fromkeys(names))
