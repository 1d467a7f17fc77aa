"""Writes to Elasticsearch: a data stream for each stream, made by templates that Fluentd never touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.fluentd_metrics import SEARCH_OUTPUT
from payment_catalog.log_streams import data_stream
from payment_logging.fluentd import Environment, Section
from payment_logging.parts.buffers import file_buffer, undelivered
from payment_logging.parts.labels import Stage, stage
from payment_logging.parts.redact import LINE_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings
    from payment_logging.fluentd import Value

#: A line that is there already is refused, and counts as written. That holds within one index of the data stream.
_ONCE: Mapping[str, Value] = {
    "write_operation": "create",
    "id_key": LINE_ID,
    "remove_keys": LINE_ID,
    "emit_error_for_missing_id": True,
}
#: Fluentd starts, and reads, while Elasticsearch is away.
_AWAY: Mapping[str, Value] = {
    "verify_es_version_at_startup": False,
    "default_elasticsearch_version": 8,
    "request_timeout": "30s",
    "reload_connections": False,
    "reload_on_failure": False,
    "reconnect_on_error": True,
    # A cluster that cannot keep up is asked again; by default what it refuses is given up.
    "unrecoverable_error_types": '["out_of_memory_error"]',
}


def search(settings: Settings) -> tuple[Section, ...]:
    """Return the label."""
    parameters: Mapping[str, Value] = {
        "@type": "elasticsearch",
        "@id": SEARCH_OUTPUT,
        "hosts": ",".join(settings.logs.elasticsearch),
        "user": Environment("ELASTICSEARCH_USER"),
        "password": Environment("ELASTICSEARCH_PASSWORD"),
        "ssl_verify": True,
        "index_name": data_stream(settings, "${tag[1]}"),
        **_ONCE,
        "include_timestamp": True,
        "suppress_type_name": True,
        "template_overwrite": False,
        **_AWAY,
    }
    limits: Mapping[str, Value] = {
        "chunk_limit_size": "8m",
        "total_limit_size": "4g",
        "flush_mode": "interval",
        "flush_interval": "5s",
        "flush_thread_count": 4,
    }
    inner = (file_buffer(SEARCH_OUTPUT, "tag", limits), undelivered(SEARCH_OUTPUT))
    return (stage(Stage.SEARCH, Section("match", "**", parameters, inner)),)
