"""Scenarios about objects of Kubernetes: who tells about them, and that other namespaces are no matter of ours."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.kubernetes_scraping import kubernetes_targets
from payment_alerts.scenario_series import Target

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

_NAMESPACE = re.compile(r'(?<=[{ ])namespace="(?:[^"\\]|\\.)*"')
_ANOTHER = 'namespace="another-namespace"'


def kubernetes_target(settings: Settings, job: str) -> Target:
    """Return the first target of that job in the first environment, made up where the settings name none."""
    environment = next(iter(settings.environments))
    addresses = kubernetes_targets(settings).get(job, {}).get(environment, (f"{job}:1",))
    return Target(environment, settings.namespace, job, addresses[0])


def with_another_namespace(alert: Alert) -> Alert:
    """Return the alert with the scenario added in which what fires happens in another namespace."""
    firing = next(scenario for scenario in alert.scenarios if scenario.firing)
    moved = tuple(InputSeries(_NAMESPACE.sub(_ANOTHER, found.series), found.values) for found in firing.series)
    return replace(alert, scenarios=(*alert.scenarios, Scenario("the same in another namespace", moved, firing.at)))
