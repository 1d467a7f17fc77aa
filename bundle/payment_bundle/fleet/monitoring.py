"""What a fleet has once for each Prometheus: its configuration, and the alerts that watch the monitoring itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import payment_dashboards
from payment_alerts.fleet_alertmanager import environments_of, fleet_alertmanager, members_of, ways_of
from payment_alerts.groups import alert_groups, watching
from payment_alerts.prometheus import fleet_prometheus
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_alerts.runbooks import runbooks
from payment_alerts.sharing import rules_of_fleet
from payment_bundle.fleet.additions import additions_of
from payment_bundle.fleet.kubernetes import fleet_kubernetes
from payment_bundle.fleet.sources import OF_THE_FLEET
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.documents import JsonDocument
from payment_catalog.grafana_names import dashboard_uid
from payment_catalog.monitoring import FLEET
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_bundle.fleet.making import Service
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Document, Documents
    from payment_catalog.settings import Settings
    from payment_catalog.watching import Watching


def directory_of(prometheus: str) -> str:
    """Return the directory, below the output directory, of what belongs to the Prometheus with that address."""
    parts = urlsplit(prometheus)
    place = f"{parts.netloc}{parts.path}".rstrip("/").replace(":", "-").replace("/", "-")
    return f"{OF_THE_FLEET}/{place}"


def monitoring_documents(services: Sequence[Service]) -> Documents:
    """Return the documents for the one Prometheus of ``services``: those of each service name its own rules."""
    ways = ways_of(service.settings for service in services)
    settings = _settings(members_of(ways))
    catalog = build_catalog(settings, additions_of(services, settings))
    groups = alert_groups(catalog)
    once = rules_of_fleet(settings, groups)
    members = {service.path: service.settings for service in services}
    on_call = _on_call(catalog, watching(groups))
    documents: dict[str, Document] = {
        **rules(catalog, once),
        **rule_tests(catalog, once),
        **runbooks(catalog, once),
        **fleet_alertmanager(catalog, groups, ways),
        **fleet_prometheus(catalog, members),
        **on_call,
        **fleet_kubernetes(catalog, groups, once, on_call, tuple(members.values())),
    }
    return dict(sorted(documents.items()))


def _settings(members: Sequence[Settings]) -> Settings:
    """Return the settings of the fleet itself: contacts and addresses of the first, and the environments of all.

    Of each threshold it has those with most levels on, and an environment pages where it does for one of the services:
    so that whatever fires is escalated.
    """
    paging = {name for member in members for name, place in member.environments.items() if place.page}
    environments = {
        name: place.model_copy(update={"page": name in paging}) for name, place in environments_of(members).items()
    }
    own = {
        "service": FLEET,
        "exporter": f"{FLEET}-exporter",
        "namespace": FLEET,
        "labels": {},
        "thresholds": {key: _with_most_levels(key, members) for key in ThresholdKey},
        "environments": environments,
    }
    return members[0].model_copy(update=own)


def _with_most_levels(key: ThresholdKey, members: Sequence[Settings]) -> Levels:
    limits = [member.threshold(key) for member in members]
    most = max(limits, key=lambda limit: (limit.warning is not None) + (limit.critical is not None))
    return Levels(warning=most.warning, critical=most.critical)


def _on_call(catalog: Catalog, watched: Watching) -> Documents:
    """Return the dashboard that the alerts lead to; links to others, which are the services', are left out."""
    dashboards = payment_dashboards.generate(catalog, watched)
    path = f"grafana/dashboards/{dashboard_uid(catalog.settings, Dashboard.ON_CALL)}.json"
    document = dashboards[path]
    if not isinstance(document, JsonDocument):
        raise TypeError(f"{path}: is no dashboard")
    content: Any = document.content
    links = [link for link in content["links"] if not link["url"].startswith("/d/")]
    return {path: JsonDocument({**content, "title": "Payment fleet on-call", "links": links}, document.source)}
