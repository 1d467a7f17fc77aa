"""Keeps what could not be read, parsed or stored: redacted as a whole, since nobody knows what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Section
from payment_logging.parts.buffers import file_buffer
from payment_logging.parts.labels import Stage, ruby_fields, stage
from payment_logging.parts.redact import replacements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value

DIRECTORY = "/var/log/fluentd-unparsed"
_FIELD = "record"


def errors() -> tuple[Section, ...]:
    """Return the label: one text of each record, and files of a day each."""
    # Bytes that nobody has read as text yet; else the expressions would not find what is between them.
    as_text = Section("filter", "**", {"@type": "record_modifier", "char_encoding": "utf-8"})
    redacted = Section(
        "filter",
        "**",
        {"@type": "record_modifier", "whitelist_keys": _FIELD},
        (
            ruby_fields(**{_FIELD: 'record.inspect.encode("UTF-8", invalid: :replace, undef: :replace).scrub("?")'}),
            *replacements(_FIELD),
        ),
    )
    limits: Mapping[str, Value] = {
        "timekey": "1d",
        "timekey_wait": "10m",
        "timekey_use_utc": True,
        "chunk_limit_size": "8m",
        "total_limit_size": "512m",
    }
    keep = Section(
        "match",
        "**",
        {"@type": "file", "@id": "unparsed", "path": f"{DIRECTORY}/%Y%m%d", "compress": "gzip"},
        (file_buffer("unparsed", "time", limits), Section("format", "", {"@type": "json"})),
    )
    return (stage(Stage.ERROR, as_text, redacted, keep),)
