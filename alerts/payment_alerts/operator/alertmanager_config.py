"""Routes, inhibitions and receivers of ``alertmanager.yml`` as one object of kind AlertmanagerConfig.

What the object cannot say, and what becomes of it:

- It has no templates. The messages' own must be files of Alertmanager, beside its configuration.
- The operator lets it see alerts of its own namespace only, unless Alertmanager's ``alertmanagerConfigMatcherStrategy``
  is ``None``; the Watchdog has no namespace. With ``None`` alerts of other bundles would come in too: so the root
  takes those only that have one of our priorities and, where services share an Alertmanager, the namespace of its own.
- Its times have no zone. Mute times of a zone other than UTC are left out: messages come that should have waited.
- Secrets are no files, but keys of a Secret in the same namespace: the last part of each file's path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from payment_alerts.alertmanager import configuration
from payment_alerts.operator.names import MONITORING_GROUP, alertmanager_secret, labels
from payment_alerts.operator.receivers import Secrets, receiver
from payment_catalog.kubernetes_objects import head
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.kubernetes_objects import Object

_MATCHER = re.compile(r'(?P<name>\w+)(?P<type>=~|!~|!=|=)"(?P<value>[^"\\]*)"')
_ROUTE = {
    "receiver": "receiver",
    "group_by": "groupBy",
    "group_wait": "groupWait",
    "group_interval": "groupInterval",
    "repeat_interval": "repeatInterval",
}
_UTC = "UTC"


def alertmanager_config(
    catalog: Catalog, groups: Sequence[AlertGroup], namespaces: Sequence[str] | None = None
) -> Object:
    """Return the object, for alerts of ``namespaces`` alone where these are given; "" is for those that have none.

    Raises ForeseenError where two secrets would have one key.
    """
    settings = catalog.settings
    content = configuration(catalog, groups)
    secrets = Secrets(alertmanager_secret(settings))
    intervals = [_interval(each) for each in content.get("time_intervals", []) if _is_utc(each)]
    known = {each["name"] for each in intervals}
    ours = [_one_of("priority", Priority), *([_one_of("namespace", namespaces)] if namespaces else [])]
    return {
        **head(f"{MONITORING_GROUP}/v1alpha1", "AlertmanagerConfig", settings, settings.service, labels(settings)),
        "spec": {
            "route": {"matchers": ours, **_route(content["route"], known)},
            **({"muteTimeIntervals": intervals} if intervals else {}),
            "inhibitRules": [_inhibition(rule) for rule in content["inhibit_rules"]],
            "receivers": [receiver(each, content["global"], secrets) for each in content["receivers"]],
        },
    }


def matcher(text: str) -> Object:
    """Return a matcher such as ``team=~"a|b"`` in parts; raises ValueError for what our routes never say."""
    found = _MATCHER.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is no matcher of a name and a plain value")
    return {"name": found["name"], "matchType": found["type"], "value": found["value"]}


def _one_of(name: str, values: Iterable[str]) -> Object:
    return {"name": name, "matchType": "=~", "value": "|".join(values)}


def _route(route: Mapping[str, Any], known: set[str]) -> Object:
    muted = [name for name in route.get("mute_time_intervals", []) if name in known]
    return {
        **({"matchers": [matcher(each) for each in route["matchers"]]} if "matchers" in route else {}),
        **{theirs: route[ours] for ours, theirs in _ROUTE.items() if ours in route},
        **({"muteTimeIntervals": muted} if muted else {}),
        **({"routes": [_route(each, known) for each in route["routes"]]} if "routes" in route else {}),
    }


def _inhibition(rule: Mapping[str, Any]) -> Object:
    return {
        "sourceMatch": [matcher(each) for each in rule["source_matchers"]],
        "targetMatch": [matcher(each) for each in rule["target_matchers"]],
        "equal": rule["equal"],
    }


def _is_utc(interval: Mapping[str, Any]) -> bool:
    return all(each["location"] == _UTC for each in interval["time_intervals"])


def _interval(interval: Mapping[str, Any]) -> Object:
    return {
        "name": interval["name"],
        "timeIntervals": [
            {
                "weekdays": each["weekdays"],
                "times": [{"startTime": time["start_time"], "endTime": time["end_time"]} for time in each["times"]],
            }
            for each in interval["time_intervals"]
        ],
    }
