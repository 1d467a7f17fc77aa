"""Whether a text is a value of a type: as strictly as Fluentd with ``--strict-config-value``, and for units more so.

Without units checked, Fluentd takes ``100ms`` for 100 minutes and ``8.5m`` for 5 MiB: it looks for a number
and a unit anywhere in the text (``lib/fluent/config/types.rb``).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from payment_logging.fluentd.model import Environment, Interpolated, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd.model import Value
    from payment_logging.fluentd.plugins import Parameter

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_EXPECTED: Mapping[str, tuple[re.Pattern[str], str]] = {
    "integer": (re.compile(r"[+-]?\d+(?:_\d+)*"), "a whole number"),
    "float": (re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"), "a number"),
    "size": (re.compile(r"-?\d+|\d+[kmgt]b?", re.IGNORECASE), "a size such as 8m: a whole number and k, m, g or t"),
    "time": (re.compile(r"-?\d+(?:\.\d+)?|\d+[smhd]"), "a duration such as 10s: a whole number and s, m, h or d"),
    "bool": (re.compile(r"true|false|yes|no|"), "true or false"),
    "regexp": (re.compile(r"(?!/).*|/.*/[imx]{0,2}", re.DOTALL), "a regular expression such as /^ERROR/"),
}


def seconds(text: str) -> float | None:
    """Return a duration in seconds; None for what is none."""
    found = _DURATION.fullmatch(text)
    return float(found["number"]) * _UNITS[found["unit"]] if found else None


def problem(parameter: Parameter, value: Value) -> str:
    """Return what is wrong with ``value`` as a value of ``parameter``; "" where nothing is, or nobody knows."""
    if isinstance(value, Environment | Interpolated):
        return ""
    if isinstance(value, list | dict):
        expected = {"array": list, "hash": dict}.get(parameter.type)
        text_will_do = parameter.type in ("string", "any")
        return (
            "" if text_will_do or (expected and isinstance(value, expected)) else _wrong(parameter, json.dumps(value))
        )
    text = text_of(value) or ""
    return _wrong(parameter, text) if _is_wrong(parameter, text) else ""


def _is_wrong(parameter: Parameter, text: str) -> bool:
    match parameter.type:
        case "enum":
            return text not in parameter.values
        case "array":
            return text.startswith("[") and not isinstance(_json(text), list)
        case "hash":
            pairs = (pair for pair in text.split(",") if pair.strip())
            return not isinstance(_json(text), dict) if text.startswith("{") else not all(":" in pair for pair in pairs)
    expected = _EXPECTED.get(parameter.type)
    return expected is not None and not expected[0].fullmatch(text)


def _wrong(parameter: Parameter, text: str) -> str:
    match parameter.type:
        case "enum":
            expected = "one of " + ", ".join(parameter.values)
        case "array":
            expected = 'a list such as a,b or ["a", "b"]'
        case "hash":
            expected = 'pairs such as a:b,c:d or {"a": "b"}'
        case _:
            expected = _EXPECTED[parameter.type][1]
    return f"{parameter.name} is {text!r}: expected {expected}"


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
