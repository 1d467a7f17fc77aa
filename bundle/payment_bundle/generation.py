"""Every generated document, from one catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import payment_dashboards
import payment_logging
from payment_alerts.alertmanager import alertmanager
from payment_alerts.engines.agents import agents
from payment_alerts.engines.federation import federation
from payment_alerts.groups import alert_groups, watching
from payment_alerts.operator import operator
from payment_alerts.prometheus import prometheus
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_alerts.runbooks import runbooks
from payment_alerts.sharing import of_service, rules_of_service
from payment_bundle.helm_values import helm_values
from payment_bundle.kustomize import kustomize
from payment_catalog import schema
from payment_catalog.documents import JsonDocument
from payment_dashboards.linting import linter_configuration
from payment_exporter import kubernetes as exporter
from payment_exporter.configuration import Configuration
from payment_logging.elasticsearch import elasticsearch
from payment_logging.kibana import kibana
from payment_service import kubernetes as service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Document, Documents


def generate_documents(catalog: Catalog, groups: Sequence[AlertGroup] = ()) -> Documents:
    """Return every document by its path, in order of path; raises ValueError when two have the same path.

    ``groups`` are those of all alerts, from whoever has them at hand.
    """
    groups = groups or alert_groups(catalog)
    watched, loaded = watching(groups), rules_of_service(catalog.settings, groups)
    dashboards = payment_dashboards.generate(catalog, watched)
    documents: dict[str, Document] = {}
    for part in (
        dashboards,
        linter_configuration(dashboards, catalog.declared(watched.recordings)),
        payment_logging.generate(catalog),
        elasticsearch(catalog),
        kibana(catalog),
        rules(catalog, loaded),
        rule_tests(catalog, loaded),
        prometheus(catalog),
        agents(catalog),
        federation(catalog),
        alertmanager(catalog, groups),
        runbooks(catalog, of_service(catalog.settings, groups)),
        exporter.kubernetes(catalog),
        service.kubernetes(catalog),
        operator(catalog, loaded),
        helm_values(catalog),
        {
            schema.SCHEMA_PATH: JsonDocument(schema.settings_schema(), schema.__name__),
            "schema/exporter.schema.json": JsonDocument(Configuration.json_schema(), Configuration.__module__),
        },
    ):
        twice = documents.keys() & part.keys()
        if twice:
            raise ValueError(f"two generators make {', '.join(sorted(twice))}")
        documents.update(part)
    documents.update(kustomize(catalog.settings, tuple(documents)))
    return dict(sorted(documents.items()))


def grafana_documents(catalog: Catalog) -> Documents:
    """Return the dashboards and what else Grafana gets."""
    return payment_dashboards.generate(catalog, watching(alert_groups(catalog)))
