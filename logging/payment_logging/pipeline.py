"""The log pipeline: from a container's output to Elasticsearch and the archive in S3.

Card-like numbers are redacted before anything else reads a line, and once more in what cannot be parsed:
a parser sends a line that it does not understand to @ERROR as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import fluentd_metrics
from payment_catalog.durations import format_duration
from payment_logging.fluentd import Environment, Pattern, Section

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: The container runtime interface's line: time, stream, full or partial, message.
_CRI = r"^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[FP]) (?<log>.*)$"
#: Issuer prefixes 3 to 6 and 13 to 19 digits, with blanks or hyphens between (ISO/IEC 7812-1), not inside a number.
_CARD = r"(?<![0-9.])[3-6](?:[ -]?[0-9]){12,18}(?![0-9])"
_TAG = "kubernetes.**"
_BUFFERS = "/var/log/fluentd-buffers"


def pipeline(settings: Settings) -> tuple[Section, ...]:
    """Return the sections of ``fluent.conf`` in order."""
    return (
        *_metrics(),
        _tail(settings),
        _redact(_TAG),
        _join_partial_lines(),
        _lift_json(),
        _outputs(settings),
        _errors(),
    )


def _metrics() -> tuple[Section, ...]:
    """Return the sources of Fluentd's own metrics, which Prometheus scrapes."""
    return (
        Section("source", "", {"@type": "prometheus", "@id": "metrics", "port": fluentd_metrics.FLUENTD_PORT}),
        Section("source", "", {"@type": "prometheus_output_monitor", "@id": "output_metrics"}),
        Section("source", "", {"@type": "prometheus_tail_monitor", "@id": "tail_metrics"}),
    )


def _tail(settings: Settings) -> Section:
    return Section(
        "source",
        "",
        {
            "@type": "tail",
            "@id": "containers",
            "path": f"/var/log/containers/*{settings.service}*.log",
            "exclude_path": '["/var/log/containers/*fluentd*.log"]',
            "pos_file": "/var/log/fluentd-containers.log.pos",
            "tag": "kubernetes.*",
            "read_from_head": True,
            "follow_inodes": True,
        },
        (
            Section(
                "parse",
                "",
                {
                    "@type": "regexp",
                    "expression": Pattern(_CRI),
                    "time_key": "time",
                    "time_format": "%Y-%m-%dT%H:%M:%S.%N%:z",
                },
            ),
        ),
    )


def _redact(tag: str) -> Section:
    return Section(
        "filter",
        tag,
        {"@type": "record_modifier"},
        (Section("replace", "", {"key": "log", "expression": Pattern(_CARD), "replace": "[REDACTED]"}),),
    )


def _join_partial_lines() -> Section:
    return Section(
        "filter",
        _TAG,
        {
            "@type": "concat",
            "key": "log",
            "use_partial_cri_logtag": True,
            "partial_cri_logtag_key": "logtag",
            "partial_cri_stream_key": "stream",
            "separator": "",
        },
    )


def _lift_json() -> Section:
    return Section(
        "filter",
        _TAG,
        {
            "@type": "parser",
            "key_name": "log",
            "reserve_data": True,
            "reserve_time": True,
            "remove_key_name_field": True,
            "emit_invalid_record_to_error": True,
        },
        (Section("parse", "", {"@type": "json"}),),
    )


def _outputs(settings: Settings) -> Section:
    return Section("match", _TAG, {"@type": "copy"}, (_elasticsearch(settings), _archive(settings)))


def _elasticsearch(settings: Settings) -> Section:
    hosts = ",".join(settings.logs.elasticsearch)
    buffer = Section(
        "buffer",
        "",
        {
            "@type": "file",
            "path": f"{_BUFFERS}/elasticsearch",
            "chunk_limit_size": "8m",
            "total_limit_size": "4g",
            "flush_interval": "5s",
            "flush_thread_count": 4,
            "overflow_action": "block",
            "retry_type": "exponential_backoff",
            "retry_wait": "1s",
            "retry_max_interval": "60s",
            "retry_randomize": True,
            "retry_timeout": "24h",
        },
    )
    return Section(
        "store",
        "",
        {
            "@type": "elasticsearch",
            "@id": fluentd_metrics.SEARCH_OUTPUT,
            "hosts": hosts,
            "user": Environment("ELASTICSEARCH_USER"),
            "password": Environment("ELASTICSEARCH_PASSWORD"),
            "index_name": f"logs-{settings.service}-default",
            "write_operation": "create",
            "include_timestamp": True,
            "suppress_type_name": True,
            "reload_connections": False,
            "reconnect_on_error": True,
            "reload_on_failure": True,
        },
        (buffer, Section("secondary", "", {"@type": "secondary_file", "directory": f"{_BUFFERS}/undelivered"})),
    )


def _archive(settings: Settings) -> Section:
    buffer = Section(
        "buffer",
        "time",
        {
            "@type": "file",
            "path": f"{_BUFFERS}/s3",
            "timekey": round(fluentd_metrics.ARCHIVE_HOUR.total_seconds()),
            "timekey_wait": format_duration(fluentd_metrics.ARCHIVE_WAIT),
            "timekey_use_utc": True,
            "chunk_limit_size": "64m",
            "total_limit_size": "4g",
            "overflow_action": "block",
        },
    )
    return Section(
        "store",
        "",
        {
            "@type": "s3",
            "@id": fluentd_metrics.ARCHIVE_OUTPUT,
            "s3_bucket": settings.logs.s3_bucket,
            "s3_region": settings.logs.s3_region,
            "path": f"{settings.logs.s3_prefix}%Y/%m/%d/",
            "s3_object_key_format": "%{path}%{time_slice}-${chunk_id}.%{file_extension}",
            "store_as": "gzip",
        },
        (buffer, Section("format", "", {"@type": "json"})),
    )


def _errors() -> Section:
    """Return what keeps lines that cannot be parsed, redacted like all others."""
    keep = Section("match", "**", {"@type": "file", "@id": "unparsed", "path": "/var/log/fluentd-unparsed"})
    return Section("label", "@ERROR", {}, (_redact("**"), keep))
