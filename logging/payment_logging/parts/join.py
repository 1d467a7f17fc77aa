"""Puts together what a container wrote as one: lines that the runtime split, then tracebacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Pattern, Section
from payment_logging.parts.labels import Stage, ruby_fields, send_to, stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value

#: Docker ends a whole line, and only that, with its line break. Without ``log`` this raises: the line is no runtime's.
_DOCKERS_MARK = r'record["logtag"] || (record.fetch("log").end_with?("\n") ? "F" : "P")'
#: Lines that begin a record: the service's own, and tracebacks of what failed before it could log, groups among them.
BEGINS = r"^(?:\{|(?:  \+ Exception Group )?Traceback \(most recent call last\):)"
#: The service's lines are whole. A traceback ends where another record begins, or when nothing comes for a while.
ENDS = r"^\{"

_CONCAT: Mapping[str, Value] = {
    "@type": "concat",
    "key": "log",
    # Standard output and error are independent of each other.
    "stream_identity_key": "stream",
    "use_first_timestamp": True,
}


def join() -> tuple[Section, ...]:
    """Return the two labels. What waits in vain for its end goes on as it is."""
    return (
        stage(Stage.JOIN_PARTS, _mark(), _join_parts(), send_to(Stage.JOIN_TRACEBACKS)),
        stage(Stage.JOIN_TRACEBACKS, _join_tracebacks(), send_to(Stage.REDACT)),
    )


def _mark() -> Section:
    """Return what gives Docker's lines the mark that CRI's have: F for full or last, P for partial."""
    without_break = Section("replace", "", {"key": "log", "expression": Pattern(r"\n\z"), "replace": ""})
    return Section("filter", "**", {"@type": "record_modifier"}, (ruby_fields(logtag=_DOCKERS_MARK), without_break))


def _join_parts() -> Section:
    parameters = {
        **_CONCAT,
        "use_partial_cri_logtag": True,
        "partial_cri_logtag_key": "logtag",
        # The plugin removes this field; the stream is to stay.
        "partial_cri_stream_key": "logtag",
        "separator": "",
        "flush_interval": "10s",
        "timeout_label": Stage.JOIN_TRACEBACKS.value,
    }
    return Section("filter", "**", parameters)


def _join_tracebacks() -> Section:
    parameters = {
        **_CONCAT,
        "multiline_start_regexp": Pattern(BEGINS),
        "multiline_end_regexp": Pattern(ENDS),
        "flush_interval": "5s",
        "timeout_label": Stage.REDACT.value,
    }
    return Section("filter", "**", parameters)
