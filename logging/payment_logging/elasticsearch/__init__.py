"""What Elasticsearch needs for the service's log lines: templates, lifecycle, roles.

There is no ingest pipeline: Fluentd has parsed and redacted a line before it comes, and the mapping lets a value that
does not fit pass without its line being lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import JsonDocument
from payment_logging.elasticsearch.lifecycle import lifecycle_policy
from payment_logging.elasticsearch.roles import roles
from payment_logging.elasticsearch.templates import component_templates, index_template, lifecycle_template

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings
    from payment_logging.elasticsearch.definition import Definition


def definitions(settings: Settings) -> tuple[Definition, ...]:
    """Return every object, in an order in which each stands after those that it names."""
    policy = lifecycle_policy(settings)
    return (
        *component_templates(settings),
        policy,
        lifecycle_template(settings, policy.name),
        index_template(settings),
        *roles(settings),
    )


def elasticsearch(catalog: Catalog) -> Documents:
    """Return the body of the request that creates each object; its ``_meta`` or ``metadata`` says what it is."""
    return {
        f"elasticsearch/{definition.file}.json": JsonDocument(definition.body, __name__)
        for definition in definitions(catalog.settings)
    }
