"""Finds the dashboards among the generated documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from payment_bundle.generation import grafana_documents
from payment_bundle.preview.model import Dashboard
from payment_catalog.documents import JsonDocument
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.catalog import Catalog

_FOLDER = "grafana/dashboards/"

Dashboards = dict[str, Dashboard]


class DashboardError(ForeseenError):
    """A dashboard that is not there, or that the preview cannot read."""


def dashboards_of(catalog: Catalog) -> Dashboards:
    """Return the dashboards of ``catalog`` by uid, the overview first; raises DashboardError."""
    documents = grafana_documents(catalog)
    return read_dashboards(
        {
            path: document.content
            for path, document in documents.items()
            if path.startswith(_FOLDER) and isinstance(document, JsonDocument)
        }
    )


def read_dashboards(contents: Mapping[str, object]) -> Dashboards:
    """Return dashboards by uid from JSON objects by path; raises DashboardError, which names path and field."""
    found: Dashboards = {}
    for path, content in contents.items():
        try:
            dashboard = Dashboard.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise DashboardError(f"{path}: {where}: {first['msg']}, found {first['input']!r}") from None
        found[dashboard.uid] = dashboard
    return found


def chosen(dashboards: Dashboards, uids: tuple[str, ...]) -> Dashboards:
    """Return the dashboards that are asked for, all where none is; raises DashboardError."""
    for uid in uids:
        if uid not in dashboards:
            raise DashboardError(f"there is no dashboard {uid!r}; there are {', '.join(dashboards)}")
    return {uid: dashboards[uid] for uid in uids} if uids else dashboards
