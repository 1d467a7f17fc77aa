"""Makes fields of what a line says: the service's JSON, a traceback, or any other text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Section
from payment_logging.parts.labels import Stage, ruby_fields, send_to, stage
from payment_logging.parts.tail import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value

_TRACEBACK = r"/\A(?<exception>(?:  \+ Exception Group )?Traceback \(most recent call last\):.*)\z/m"
_TEXT = r"/\A(?<event>[^{].*)?\z/m"
_BROKEN = rf"/\A(?<{UNREADABLE}>.*)\z/m"

_EVENT = 'record["event"] || record["message"] || record["msg"] || record["exception"].to_s.lines.last.to_s.strip'
#: Broken JSON raises. What has no level is an error where it is a traceback, or says so.
_LEVEL = (
    f'record.key?("{UNREADABLE}") ? raise(ArgumentError, "broken JSON") : (record["level"] || '
    '(record.key?("exception") || record["event"].to_s.include?("ERROR") ? "ERROR" : "INFO"))'
)


def lift() -> tuple[Section, ...]:
    """Return the label; afterwards each record has ``event`` and ``level``."""
    return (stage(Stage.LIFT, _parse(), _complete(), send_to(Stage.KUBERNETES)),)


def _parse() -> Section:
    patterns = (
        Section("pattern", "", {"format": "json"}),
        *(Section("pattern", "", {"format": "regexp", "expression": each}) for each in (_TRACEBACK, _TEXT, _BROKEN)),
    )
    parameters: Mapping[str, Value] = {
        "@type": "parser",
        "key_name": "log",
        "reserve_data": True,
        "reserve_time": True,
        "remove_key_name_field": True,
    }
    return Section("filter", "**", parameters, (Section("parse", "", {"@type": "multi_format"}, patterns),))


def _complete() -> Section:
    parameters: Mapping[str, Value] = {"@type": "record_modifier", "remove_keys": "time,logtag"}
    return Section("filter", "**", parameters, (ruby_fields(event=_EVENT, level=_LEVEL),))
