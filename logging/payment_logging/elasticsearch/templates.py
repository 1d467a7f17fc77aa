"""The component templates and the index template that every data stream of the service's lines is made by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_catalog.log_streams import data_streams
from payment_logging.elasticsearch.definition import Definition, Kind, meta
from payment_logging.elasticsearch.fields import SEARCHED_FIELDS, properties

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: Above Elasticsearch's own template for ``logs-*-*``, which has 100.
_PRIORITY = 500
_MOST_FIELDS = 200

#: As Elasticsearch returns them: nested, and every value a text.
_SETTINGS: dict[str, Any] = {
    "index": {
        # Elasticsearch 9 would else make data streams of logs in mode "logsdb", with fields of its own.
        "mode": "standard",
        "codec": "best_compression",
        "number_of_shards": "1",
        # A copy on a second node, where there is one.
        "auto_expand_replicas": "0-1",
        "refresh_interval": "5s",
        # A value that is no number, address or time is kept with its line, and not indexed.
        "mapping": {"ignore_malformed": "true", "total_fields": {"limit": str(_MOST_FIELDS)}},
        "query": {"default_field": list(SEARCHED_FIELDS)},
    }
}


def template_name(settings: Settings) -> str:
    """Return the name of the index template, and what the names of its components begin with."""
    return f"logs-{settings.service}"


def component_templates(settings: Settings) -> tuple[Definition, ...]:
    """Return mappings and settings; they need nothing but Elasticsearch itself."""
    mappings: dict[str, Any] = {"dynamic": False, "subobjects": False, "properties": properties()}
    # What a data stream's newest index is compared by, so that it takes both in.
    mappings = {"_meta": meta("Log lines of the payment service.", mappings, _SETTINGS), **mappings}
    return (
        _component(settings, "mappings", "Fields of a log line.", {"mappings": mappings}),
        _component(settings, "settings", "How log lines are kept.", {"settings": _SETTINGS}),
    )


def lifecycle_template(settings: Settings, policy: str) -> Definition:
    """Return the component that puts indices under ``policy``, apart for clusters that have no such policies."""
    template = {"settings": {"index": {"lifecycle": {"name": policy}}}}
    return _component(settings, "lifecycle", "How long log lines are kept.", template, needs=Kind.LIFECYCLE_POLICY)


def index_template(settings: Settings) -> Definition:
    """Return the template of the data streams; ``<name>@custom`` is the user's own component, where there is one."""
    name = template_name(settings)
    body: dict[str, Any] = {
        "index_patterns": [data_streams(settings)],
        "data_stream": {},
        "composed_of": [f"{name}@{part}" for part in ("mappings", "settings", "lifecycle", "custom")],
        "ignore_missing_component_templates": [f"{name}@lifecycle", f"{name}@custom"],
        "priority": _PRIORITY,
    }
    body["_meta"] = meta("Data streams of the payment service's log lines.", body)
    return Definition(Kind.INDEX_TEMPLATE, name, "index-template", body)


def _component(
    settings: Settings, part: str, description: str, template: dict[str, Any], needs: Kind | None = None
) -> Definition:
    body = {"template": template, "_meta": meta(description, template)}
    name = f"{template_name(settings)}@{part}"
    return Definition(Kind.COMPONENT_TEMPLATE, name, f"component-template-{part}", body, needs)
