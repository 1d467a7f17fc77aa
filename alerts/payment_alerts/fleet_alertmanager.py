"""One Alertmanager for services that are routed differently: each way to route is a branch of the tree.

An alert of a service carries its namespace, which no other service of the same Prometheus has: by it the alert finds
its branch. The fleet's own alerts, and those of services that are routed as most are, go on from the root.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from payment_alerts.alertmanager import CONFIGURATION, assembled, integrations_of, mail_account
from payment_alerts.messages import messages
from payment_alerts.routes import (
    receivers_of_incidents,
    route_of_watchdog,
    routes_of_incidents,
    time_intervals,
    watchdog_receiver,
)
from payment_alerts.sharing import NAMESPACE
from payment_catalog.documents import YamlDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from payment_alerts.alert import AlertGroup
    from payment_alerts.routes import Route
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings
    from payment_catalog.settings.places import Environment

_MAIL, _OF_MAIL = "email_configs", "smtp_"


@dataclass(frozen=True, slots=True)
class Way:
    """How some services are routed, in their order; the Watchdog, which is no service's, aside.

    ``receivers`` are integrations by name, ``intervals`` times by name, ``mail`` is the server for e-mail.
    """

    services: tuple[Settings, ...]
    tree: Route
    receivers: Mapping[str, Any]
    intervals: Mapping[str, Any]
    mail: dict[str, str]

    @property
    def name(self) -> str:
        """What its receivers are called by: the first of the services."""
        return self.services[0].service


def fleet_alertmanager(catalog: Catalog, groups: Sequence[AlertGroup], ways: Sequence[Way]) -> Documents:
    """Return ``alertmanager.yml`` for services that are routed in these ways, and the templates of its messages."""
    return {CONFIGURATION: YamlDocument(fleet_configuration(groups, ways), __name__), **messages(catalog)}


def ways_of(services: Iterable[Settings]) -> tuple[Way, ...]:
    """Return how ``services`` are routed: first the way of most of them, of several that of the first service."""
    known: dict[tuple[object, ...], str] = {}
    made: dict[str, Way] = {}
    members: dict[str, list[Settings]] = {}
    for settings in services:
        said = settings.model_dump_json(include={"routing", "contact_points", "smtp"})
        read = (said, settings.quiet_environments, settings.urls.alertmanager)
        if read not in known:
            way = _way(settings)
            known[read] = json.dumps([way.tree, way.receivers, way.intervals, way.mail])
            made.setdefault(known[read], way)
        members.setdefault(known[read], []).append(settings)
    found = [replace(way, services=tuple(members[key])) for key, way in made.items()]
    usual = max(found, key=lambda way: len(way.services))
    return (usual, *(way for way in found if way is not usual))


def members_of(ways: Iterable[Way]) -> tuple[Settings, ...]:
    """Return all services that are routed in these ways."""
    return tuple(settings for way in ways for settings in way.services)


def environments_of(members: Sequence[Settings]) -> dict[str, Environment]:
    """Return the environments of all, each as the first that has it says."""
    found = {name: place for settings in reversed(members) for name, place in settings.environments.items()}
    return dict(sorted(found.items()))


def fleet_configuration(groups: Sequence[AlertGroup], ways: Sequence[Way]) -> dict[str, Any]:
    """Return the content of ``alertmanager.yml`` for services that are routed in these ways, the usual one first."""
    usual, *others = ways
    accounts = {json.dumps(way.mail): way.mail for way in ways if way.mail}
    mail = next(iter(accounts.values()), {}) if len(accounts) < 2 else {}
    own = {} if mail else {way.name: way.mail for way in ways}

    watched = _watched(ways)
    receivers = _Named(
        {
            watchdog_receiver(watched).name: integrations_of(watched, watchdog_receiver(watched)),
            **_with_mail(usual.receivers, own.get(usual.name, {})),
        }
    )
    intervals = _Named(dict(usual.intervals))
    branches = []
    for way in others:
        told = _with_mail(way.receivers, own.get(way.name, {}))
        to = {name: receivers.shared(way.name, name, content) for name, content in told.items()}
        at = {name: intervals.shared(way.name, name, content) for name, content in way.intervals.items()}
        branches.append(_branch(way, usual.tree, to, at))

    root = routes_of_incidents(_in_all_environments(ways))
    return assembled(
        groups,
        mail=mail,
        route={**root, "routes": [route_of_watchdog(watched), *branches, *root["routes"]]},
        intervals=[{"name": name, "time_intervals": content} for name, content in intervals.contents.items()],
        receivers=[{"name": name, **content} for name, content in receivers.contents.items()],
    )


@dataclass(slots=True)
class _Named:
    """Contents by name, those of the usual way by their own; of others a service's name stands before it.

    What has the same name and content as something that is there is that.
    """

    contents: dict[str, Any]
    _known: dict[tuple[str, str], str] = field(init=False)

    def __post_init__(self) -> None:
        self._known = {(name, json.dumps(content)): name for name, content in self.contents.items()}

    def shared(self, service: str, name: str, content: Any) -> str:
        """Return what ``content`` is called."""
        key = (name, json.dumps(content))
        if key not in self._known:
            self._known[key] = f"{service}/{name}"
            self.contents[self._known[key]] = content
        return self._known[key]


def _way(settings: Settings) -> Way:
    return Way(
        (settings,),
        routes_of_incidents(settings),
        {receiver.name: integrations_of(settings, receiver) for receiver in receivers_of_incidents(settings)},
        {interval["name"]: interval["time_intervals"] for interval in time_intervals(settings)},
        mail_account(settings),
    )


def _watched(ways: Sequence[Way]) -> Settings:
    """Return the settings whose dead man's switch is called: the usual way's, or else the first that has one."""
    every = members_of(ways)
    return next((settings for settings in every if settings.routing.dead_mans_switch), every[0])


def _in_all_environments(ways: Sequence[Way]) -> Settings:
    """Return the settings of the usual way, with the environments of all, of which those of the usual way go first.

    The monitoring itself wakes nobody only where no environment of any service does.
    """
    every = members_of(ways)
    return every[0].model_copy(update={"environments": environments_of(every)})


def _branch(way: Way, root: Route, receivers: Mapping[str, str], intervals: Mapping[str, str]) -> Route:
    namespaces = [settings.namespace for settings in way.services]
    matcher = f'{NAMESPACE}="{namespaces[0]}"' if len(namespaces) == 1 else f'{NAMESPACE}=~"{"|".join(namespaces)}"'
    tree = _renamed(way.tree, receivers, intervals)
    own = {key: value for key, value in tree.items() if key in {"receiver", "routes"} or value != root[key]}
    return {"matchers": [matcher], **own}


def _renamed(route: Route, receivers: Mapping[str, str], intervals: Mapping[str, str]) -> Route:
    renamed: Route = {**route, "receiver": receivers[route["receiver"]]}
    if "mute_time_intervals" in route:
        renamed["mute_time_intervals"] = [intervals[name] for name in route["mute_time_intervals"]]
    if "routes" in route:
        renamed["routes"] = [_renamed(each, receivers, intervals) for each in route["routes"]]
    return renamed


def _with_mail(receivers: Mapping[str, Any], account: Mapping[str, str]) -> dict[str, Any]:
    """Return the receivers with each e-mail sent through the server of ``account``, where there is one."""
    own = {key.removeprefix(_OF_MAIL): value for key, value in account.items()}
    return {
        name: {kind: [{**call, **own} for call in calls] if kind == _MAIL else calls for kind, calls in content.items()}
        for name, content in receivers.items()
    }
