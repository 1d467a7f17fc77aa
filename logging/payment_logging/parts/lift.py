"""Makes fields of what a line says: the service's JSON, a traceback, or any other text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Section
from payment_logging.parts.labels import Stage, ruby_fields, send_to, stage
from payment_logging.parts.redact import LINE_ID
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

#: Levels of arrays and objects within a record; Fluentd writes JSON of less than a thousand.
DEEPEST = 100
#: What stands for an array or an object that is deeper.
TOO_DEEP = "[nested too deep]"
#: Bits of a whole number beside its sign: Elasticsearch's ``long``. A buffer holds one bit more.
MOST_BITS = 63
#: Ruby reads ``NaN``, ``1e999`` and whole numbers of any length. None of them has a place in JSON or in a buffer, and
#: what cannot be written takes all lines with it that were read at the same time: they become text.
_WRITABLE = (
    "@writable = ->(value, level) { case value "
    "when Float then value.finite? ? value : value.to_s "
    f"when Integer then value.bit_length > {MOST_BITS} ? value.to_s : value "
    f'when Array, Hash then level > {DEEPEST} ? "{TOO_DEEP}" : value.is_a?(Array) ? '
    "value.map { |each| @writable.(each, level + 1) } : value.transform_values { |each| @writable.(each, level + 1) } "
    "else value end }"
)
#: Changes the whole record, and gives one field the value that it has.
_ALL_FIELDS = f'record.transform_values! {{ |value| @writable.(value, 1) }}["{LINE_ID}"]'


def lift() -> tuple[Section, ...]:
    """Return the label; afterwards each record has ``event`` and ``level``, and values that can be written as JSON."""
    return (stage(Stage.LIFT, _parse(), _make_writable(), _complete(), send_to(Stage.KUBERNETES)),)


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


def _make_writable() -> Section:
    parameters: Mapping[str, Value] = {"@type": "record_modifier", "prepare_value": _WRITABLE}
    return Section("filter", "**", parameters, (ruby_fields(**{LINE_ID: _ALL_FIELDS}),))


def _complete() -> Section:
    parameters: Mapping[str, Value] = {"@type": "record_modifier", "remove_keys": "time,logtag"}
    return Section("filter", "**", parameters, (ruby_fields(event=_EVENT, level=_LEVEL),))
