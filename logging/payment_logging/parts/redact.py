"""Takes card numbers and credentials out of each line before it is parsed, and gives it an id that stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Pattern, Section
from payment_logging.parts.labels import Stage, ruby_fields, send_to, stage
from payment_logging.redaction import REPLACEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value

LINE_ID = "line_id"
#: Without bytes that are no UTF-8: an expression would fail on them, and the line would pass as it is.
_VALID = 'record["log"].to_s.dup.force_encoding("UTF-8").scrub("?")'


def redact() -> tuple[Section, ...]:
    """Return the label."""
    redacted = Section("filter", "**", {"@type": "record_modifier"}, (ruby_fields(log=_VALID), *replacements("log")))
    return (stage(Stage.REDACT, redacted, _identify(), send_to(Stage.LIFT)),)


def replacements(key: str) -> tuple[Section, ...]:
    """Return what redacts the field ``key``."""
    return tuple(
        Section("replace", "", {"key": key, "expression": Pattern(each.expression), "replace": each.replacement})
        for each in REPLACEMENTS
    )


def _identify() -> Section:
    """Return what makes the id: the same where a file is read again or a chunk is sent twice.

    The tag names the container, and the runtime's time has nanoseconds; those of the event's own are left out by the
    plugin.
    """
    parameters: Mapping[str, Value] = {
        "@type": "elasticsearch_genid",
        "hash_id_key": LINE_ID,
        "use_record_as_seed": True,
        "record_keys": "time,stream,log",
        "include_tag_in_seed": True,
        "hash_type": "sha256",
    }
    return Section("filter", "**", parameters)
