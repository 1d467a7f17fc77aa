"""Gives each record the tag of its stream, by the fields of the service's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.vocabulary import LogStream
from payment_logging.fluentd import Pattern, Section
from payment_logging.parts.labels import Stage, send_to, stage
from payment_logging.parts.tail import TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value

STREAM_TAG = "payment"
#: What a record is, in the order of the questions: field, what is in it, and then the stream.
_RULES = (
    ("security_event", ".", LogStream.SECURITY),
    ("event", r"\Arequest\z", LogStream.ACCESS),
    ("payment_id", ".", LogStream.AUDIT),
    ("refund_id", ".", LogStream.AUDIT),
)


def route(then: Stage) -> tuple[Section, ...]:
    """Return the label, whose records go on to ``then``."""
    rules = (*(_rule(key, pattern, stream) for key, pattern, stream in _RULES), _otherwise(LogStream.APPLICATION))
    rewrite = Section("match", f"{TAG}.**", {"@type": "rewrite_tag_filter", "@id": "streams"}, rules)
    return (stage(Stage.ROUTE, rewrite, send_to(then, f"{STREAM_TAG}.**")),)


def _rule(key: str, pattern: str, stream: LogStream) -> Section:
    return Section("rule", "", {"key": key, "pattern": Pattern(pattern), "tag": f"{STREAM_TAG}.{stream}"})


def _otherwise(stream: LogStream) -> Section:
    """Return the rule that always holds: what an expression that matches nothing does not match."""
    parameters: Mapping[str, Value] = {
        "key": "level",
        "pattern": Pattern("(?!)"),
        "invert": True,
        "tag": f"{STREAM_TAG}.{stream}",
    }
    return Section("rule", "", parameters)
