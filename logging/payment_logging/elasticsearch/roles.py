"""Who may do what with the lines: Fluentd writes and cannot read, the exporter and people in Kibana read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_catalog.log_streams import data_streams
from payment_logging.elasticsearch.definition import Definition, Kind, meta
from payment_logging.elasticsearch.templates import template_name

if TYPE_CHECKING:
    from payment_catalog.settings import Settings


def roles(settings: Settings) -> tuple[Definition, ...]:
    """Return the roles of Fluentd, of the exporter, and of people."""
    return (
        _role(
            settings,
            "writer",
            "Fluentd: adds lines, and reads, changes and deletes none.",
            # Fluentd asks for the version of the server; a data stream that was deleted comes back with the next line.
            ["monitor"],
            ["auto_configure", "create_doc"],
        ),
        _role(
            settings,
            "exporter",
            "The exporter: counts lines, and asks for the cluster's health.",
            ["monitor"],
            ["read"],
        ),
        _role(
            settings,
            "reader",
            "People: read lines in Kibana.",
            [],
            ["read", "view_index_metadata"],
            ["feature_dashboard.read", "feature_discover.read"],
        ),
    )


def _role(  # noqa: PLR0913, PLR0917 - one for each part of a role
    settings: Settings,
    name: str,
    description: str,
    cluster: list[str],
    privileges: list[str],
    kibana: list[str] | None = None,
) -> Definition:
    body: dict[str, Any] = {
        "cluster": cluster,
        "indices": [{"names": [data_streams(settings)], "privileges": privileges}],
        "applications": (
            [{"application": "kibana-.kibana", "privileges": kibana, "resources": ["*"]}] if kibana else []
        ),
    }
    body["metadata"] = meta(description, body)
    return Definition(Kind.ROLE, f"{template_name(settings)}-{name}", f"role-{name}", body)
