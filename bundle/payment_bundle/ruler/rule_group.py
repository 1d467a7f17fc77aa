"""Rule groups as they mean: the same model of what is generated, what a ruler keeps and what Prometheus runs.

Durations, expressions and what stands at its default are compared by their meaning: ``300s`` is ``5m``, and blanks and
line breaks of an expression are none of its meaning.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from payment_catalog.durations import format_duration, parse_duration
from payment_catalog.promql import PromQLError, parse

_NOTHING = re.compile(r"(0+(ms|[smhdwy])?)*")
_NONE = timedelta(0)
#: A text of PromQL in any of its three quotes, and what stands in a selector's braces.
_TEXT = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)"""
_SELECTOR_OR_TEXT = re.compile(rf"""{_TEXT}|\{{(?P<matchers>(?:[^"'`{{}}]|{_TEXT})*)\}}""")
_MATCHER = re.compile(rf"""(?:[^"'`,]|{_TEXT})+""")


def _duration(value: object) -> object:
    """Return a duration that is written as Prometheus does, or in seconds; none at all is zero."""
    if value is None or isinstance(value, timedelta):
        return value or _NONE
    if isinstance(value, (int, float)):
        try:
            return timedelta(seconds=value)
        except (OverflowError, ValueError):
            raise ValueError("expected a number of seconds") from None
    if isinstance(value, str) and _NOTHING.fullmatch(value):
        return _NONE
    return parse_duration(value)


def _texts(value: object) -> object:
    """Return a mapping of texts; YAML that was written by hand may have numbers in it."""
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, dict) else value or {}


_Duration = Annotated[timedelta, BeforeValidator(_duration)]
_Texts = Annotated[dict[str, str], BeforeValidator(_texts)]


class Rule(BaseModel):
    """An alert or a recording rule; exactly one of ``alert`` and ``record`` has its name."""

    model_config = ConfigDict(frozen=True)

    alert: str = ""
    record: str = ""
    expr: str
    pending: _Duration = Field(default=_NONE, alias="for")
    keep_firing: _Duration = Field(default=_NONE, alias="keep_firing_for")
    labels: _Texts = {}
    annotations: _Texts = {}

    @model_validator(mode="after")
    def _one_name(self) -> Rule:
        if bool(self.alert) == bool(self.record):
            raise ValueError("a rule has either 'alert' or 'record'")
        return self

    @property
    def kind(self) -> Literal["alert", "recording rule"]:
        """What people call it."""
        return "alert" if self.alert else "recording rule"

    @property
    def name(self) -> str:
        """The alert's name, or that of the series."""
        return self.alert or self.record


class RuleGroup(BaseModel):
    """A group; ``interval`` is zero where the server's own holds. ``more`` has settings that we never make."""

    model_config = ConfigDict(frozen=True)

    name: str
    interval: _Duration = _NONE
    rules: tuple[Rule, ...] = ()
    more: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _further_settings(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        known = cls.model_fields.keys()
        more = {key: value for key, value in content.items() if key not in known and _says_something(value)}
        return {**{key: value for key, value in content.items() if key in known}, "more": more}


def normal(expression: str) -> str:
    """Return ``expression`` in the one form that all expressions of the same structure have.

    Matchers are sorted: Prometheus prints them in an order of its own.
    """
    try:
        return str(parse(_SELECTOR_OR_TEXT.sub(_with_sorted_matchers, expression)))
    except PromQLError:
        return " ".join(expression.split())


def _with_sorted_matchers(found: re.Match[str]) -> str:
    if found["matchers"] is None:
        return found[0]
    matchers = (matcher.strip() for matcher in _MATCHER.findall(found["matchers"]))
    return f"{{{', '.join(sorted(matcher for matcher in matchers if matcher))}}}"


def as_written(duration: timedelta) -> str:
    """Return a duration as Prometheus writes it."""
    return format_duration(duration)


def _says_something(value: object) -> bool:
    return bool(value) and not (isinstance(value, str) and _NOTHING.fullmatch(value))
