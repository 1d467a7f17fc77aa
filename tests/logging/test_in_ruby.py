"""Ruby, which Fluentd runs on, reads the expressions and the fields' values as the tests in Python do."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from payment_catalog.settings import Settings
from payment_logging.parts.lift import DEEPEST
from payment_logging.parts.redact import LINE_ID
from payment_logging.redaction import REPLACEMENTS
from payment_logging.trace.reading import completed, writable
from payment_logging.variants import Variant, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_logging.fluentd import Json, Section
    from payment_logging.trace.outputs import Record

_CARDS = (
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "30569309025904",
    "6011111111111117",
    "501812345678",
)
_PIECES = (
    "4",
    "1",
    " ",
    "-",
    ".",
    "%20",
    "\\n",
    "\\u2011",
    "\u2011",
    "é",
    ":",
    "=",
    '"',
    "\\",
    "{",
    "password",
    "token",
    "@/",
    "eyJ",
)
_SUBSTITUTE = """
  given = JSON.parse(STDIN.read)
  expressions = given["replacements"].map { |expression, replacement| [Regexp.compile(expression), replacement] }
  puts JSON.generate(given["lines"].map { |line| expressions.reduce(line) { |text, (e, r)| text.gsub(e, r) } })
"""
_WRITE = """
  given = JSON.parse(STDIN.read, allow_nan: true, max_nesting: false)
  record = given["record"]
  eval(given["prepared"])
  eval(given["code"])
  puts JSON.generate(record, max_nesting: false)
"""
_EVALUATE = """
  given = JSON.parse(STDIN.read)
  record = given["record"]
  puts JSON.generate([begin eval(given["code"]) rescue $!.class.name end])
"""


def ruby(script: str, given: object) -> Any:
    command = ["ruby", "-W0", "-rjson", "-e", script]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def lines() -> list[str]:
    """Return card numbers with separators, and text that is nearly something to be redacted; the same in each run."""
    chance = random.Random(20261125)
    written = [separator.join(card) for card in _CARDS for separator in _PIECES]
    return written + ["".join(chance.choices(_PIECES, k=30)) for _ in range(3000)]


def test_ruby_redacts_as_python_does() -> None:
    def redacted(text: str) -> str:
        for each in REPLACEMENTS:
            text = re.sub(each.expression, each.replacement, text)
        return text

    given = lines()
    replacements = [(each.expression, each.replacement) for each in REPLACEMENTS]
    assert ruby(_SUBSTITUTE, {"replacements": replacements, "lines": given}) == [redacted(line) for line in given]


def sections() -> Iterator[Section]:
    def walk(items: Any) -> Iterator[Section]:
        for item in items:
            yield item
            yield from walk(item.sections)

    for part in parts(Variant.NODE, Settings()):
        yield from walk(part.sections)


def fields() -> dict[str, str]:
    """Return the Ruby code of each field that Fluentd sets, by name."""
    records = [section for section in sections() if section.name == "record"]
    return {name: str(value)[2:-1] for section in records for name, value in section.parameters.items()}


@pytest.mark.parametrize(
    ("field", "record", "value"),
    [
        ("logtag", {"log": "whole\n"}, "F"),
        ("logtag", {"log": "the beginning of"}, "P"),
        ("logtag", {"log": "of CRI", "logtag": "P"}, "P"),
        ("logtag", {"unreadable": "\0"}, "KeyError"),
        ("log", {"log": "text"}, "text"),
        ("log", {}, ""),
        ("event", {"event": "started", "message": "x"}, "started"),
        ("event", {"message": "of another program"}, "of another program"),
        ("event", {"exception": "Traceback (most recent call last):\n  File x\nValueError: y\n"}, "ValueError: y"),
        ("event", {}, ""),
        ("level", {"event": "x", "level": "WARNING"}, "WARNING"),
        ("level", {"event": "plain text"}, "INFO"),
        ("level", {"event": "an ERROR in plain text"}, "ERROR"),
        ("level", {"event": "ValueError: y", "exception": "Traceback"}, "ERROR"),
        ("level", {"unreadable": '{"event": "cut off'}, "ArgumentError"),
        ("counted_error", {"level": "ERROR"}, 1),
        ("counted_error", {"level": "INFO", "event": "ERROR"}, None),
        ("counted_payment_failed", {"event": "payment of a refund\nfailed"}, 1),
        ("counted_payment_failed", {"event": "failed payment"}, None),
        ("counted_rate_limit", {"event": "rate limit exceeded"}, 1),
        ("counted_auth_failed", {"event": "authentication failed"}, 1),
        ("counted_auth_failed", {}, None),
        ("record", {"log": "text"}, '{"log"=>"text"}'),
    ],
)
def test_fields_get_their_value(field: str, record: dict[str, str], value: object) -> None:
    [result] = ruby(_EVALUATE, {"code": fields()[field], "record": record})
    assert (result.replace(" ", "") if field == "record" else result) == value


@pytest.mark.parametrize(
    "record",
    [
        {"event": "started", "message": "x"},
        {"event": "", "message": "x"},
        {"event": None, "message": False, "msg": "of another program"},
        {"event": False},
        {"event": 0},
        {"exception": "Traceback (most recent call last):\n  File x\n  ValueError: y \n"},
        {"exception": ""},
        {"exception": "one\u2028line"},
        {},
    ],
)
def test_the_trace_names_events_as_ruby_does(record: Record) -> None:
    assert [completed(record)["event"]] == ruby(_EVALUATE, {"code": fields()["event"], "record": record})


def nested(levels: int) -> Json:
    value: Json = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        [-math.inf, {"in an object": [math.nan, 1e308]}],
        [2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 10**400, -1.5, 0, True, False, None, "NaN"],
        nested(DEEPEST),
        nested(DEEPEST + 1),
        {"an object": nested(DEEPEST)},
    ],
)
def test_ruby_makes_values_writable_as_the_trace_says(value: Json) -> None:
    """A number that parsers take may be none, or larger than whoever reads it next knows."""
    (prepared,) = (text for each in sections() if (text := each.text("prepare_value")))
    record: Record = {"value": value, LINE_ID: "0123"}
    written = ruby(_WRITE, {"prepared": prepared, "code": fields()[LINE_ID], "record": record})
    assert written == writable(record)
    json.dumps(written, allow_nan=False)


def test_bytes_that_are_no_text_do_not_stop_the_redaction() -> None:
    script = 'record = {"log" => "\\xff 4111111111111111".b}; puts JSON.generate([eval(JSON.parse(STDIN.read))])'
    assert ruby(script, fields()["log"]) == ["? 4111111111111111"]
