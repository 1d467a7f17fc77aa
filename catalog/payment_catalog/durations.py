"""Durations as Prometheus writes them: ``15m``, ``1h30m``, ``90d``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import promql_parser
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATTERN = r"^([0-9]+(y|w|d|h|m|s|ms))+$"


def parse_duration(value: object) -> timedelta:
    """Return the duration that a text such as ``15m`` means; raises ValueError for anything else, and for zero."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or len(value) > 32:
        raise ValueError("expected a duration such as 30s, 15m, 4h or 90d")
    try:
        return promql_parser.parse_duration(value)
    except ValueError:
        raise ValueError("expected a duration such as 30s, 15m, 4h or 90d") from None


def format_duration(duration: timedelta) -> str:
    """Return the shortest form that Prometheus reads, in units up to days: ``1h30m``."""
    milliseconds = duration // timedelta(milliseconds=1)
    text = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["30s", "15m", "4h", "90d"]}),
]
