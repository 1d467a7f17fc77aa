"""What the pipeline's expressions make of a line, run here instead of in Fluentd.

Only what the generated configuration holds: its expressions are of the subset that Ruby and Python read alike.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from typing import TYPE_CHECKING

from payment_logging.parts.lift import DEEPEST, MOST_BITS, TOO_DEEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Json, Section
    from payment_logging.trace.outputs import Record

_STRIPPED_BY_RUBY = " \t\n\v\f\r\0"
_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")


def read(parse: Section, text: str) -> Record:
    """Return the fields of ``text`` by the first pattern of a ``multi_format`` that fits; none where none does."""
    for pattern in parse.inner("pattern"):
        fields: Record | None = None
        match pattern.text("format"):
            case "json":
                fields = _object(text)
            case "regexp" if found := python_pattern(pattern.text("expression") or "").search(text):
                fields = {name: value for name, value in found.groupdict().items() if value is not None}
            case "none":
                fields = {pattern.text("message_key") or "message": text}
        if fields is not None:
            return fields
    return {}


def writable(fields: Mapping[str, Json]) -> Record:
    """Return ``fields`` as the code in Ruby of ``payment_logging.parts.lift`` makes them writable."""
    return {name: _writable(value, 1) for name, value in fields.items()}


def completed(fields: Record) -> Record:
    """Return ``fields`` with ``event``, as the code in Ruby of ``payment_logging.parts.lift`` sets it."""
    named = (fields.get(name) for name in ("event", "message", "msg"))
    event = next((value for value in named if value is not None and value is not False), None)
    if event is None:
        last = ruby_text(fields.get("exception")).removesuffix("\n").rpartition("\n")[2]
        event = last.strip(_STRIPPED_BY_RUBY)
    return {**fields, "event": event}


def routed(rewrite: Section, fields: Mapping[str, Json]) -> str | None:
    """Return the tag by the rules of a ``rewrite_tag_filter``: of the first that holds; an empty field holds none."""
    for rule in rewrite.inner("rule"):
        value = ruby_text(fields.get(rule.text("key") or ""))
        found = python_pattern(rule.text("pattern") or "").search(value)
        if (not found) if rule.text("invert") == "true" else (value and found):
            return rule.text("tag")
    return None


def ruby_text(value: Json) -> str:
    """Return ``value`` as Ruby's ``to_s`` writes it, but for arrays and objects, which it writes in its own way."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@cache
def python_pattern(expression: str) -> re.Pattern[str]:
    """Return a pattern of Fluentd's, with its slashes, for Python."""
    text, _, options = expression.removeprefix("/").rpartition("/")
    flags = re.MULTILINE | (re.DOTALL if "m" in options else 0)
    return re.compile(_NAMED_GROUP.sub("(?P<", text).replace(r"\z", r"\Z"), flags)


def _writable(value: Json, level: int) -> Json:
    match value:
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case int() if _bits(value) > MOST_BITS:
            return str(value)
        case list() | dict() if level > DEEPEST:
            return TOO_DEEP
        case list():
            return [_writable(each, level + 1) for each in value]
        case dict():
            return {name: _writable(each, level + 1) for name, each in value.items()}
    return value


def _bits(value: int) -> int:
    """Return the length of a whole number without its sign, as Ruby has it: that of -8 is 3."""
    return (~value if value < 0 else value).bit_length()


def _object(text: str) -> Record | None:
    """Return the object in ``text``, or the first one of an array, as Fluentd's parser does."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return next((each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)), None)
