"""Replaces variables and Grafana's built-ins in queries, texts and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from payment_bundle.preview.interval import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_bundle.preview.timerange import TimeRange
    from payment_bundle.preview.variables import Choice

#: ``$name``, ``[[name]]``, ``${name}``, ``${name:format}``, ``${__field.labels.X}``, ``${__data.fields["X Y"]}``.
_REFERENCE = re.compile(r"\$(\w+)|\[\[(\w+)\]\]|\$\{(\w+)((?:\.\w+|\[\"[^\"\]]*\"\])*)(?::(\w+)(?::(\w+))?)?\}")
_PART = re.compile(r"\.(\w+)|\[\"([^\"\]]*)\"\]")
_SCHEMES = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class Datum:
    """What a data link can refer to: the series or the row that it stands at."""

    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    raw: str = ""
    text: str = ""
    milliseconds: int | None = None


def in_query(expression: str, choices: Mapping[str, Choice], span: TimeRange, step: float, rate: float) -> str:
    """Return the PromQL that is sent; ``step`` and ``rate`` are ``$__interval`` and ``$__rate_interval`` in seconds.

    Formats that Grafana writes without escaping, such as ``raw``, are escaped here as well.
    """
    builtin = {
        "__interval": duration(step),
        "__interval_ms": str(round(step * 1000)),
        "__rate_interval": duration(rate),
        "__range": duration(round(span.seconds)),
        "__range_s": str(round(span.seconds)),
        "__range_ms": str(round(span.seconds) * 1000),
    }

    def value(name: str, path: tuple[str, ...], form: str) -> str | None:
        del path
        if name in builtin:
            return builtin[name]
        if name not in choices:
            return None
        return choices[name].in_query(is_regex=form in {"regex", "pipe"})

    return _replace(expression, value)


def in_text(text: str, choices: Mapping[str, Choice]) -> str:
    """Return a title or a note with the choices as people read them."""
    return _replace(text, lambda name, path, form: choices[name].text if name in choices else None)


def in_address(url: str, choices: Mapping[str, Choice], span: TimeRange, datum: Datum | None = None) -> str:
    """Return where a link goes, every value encoded; empty where that is no address for a browser to follow."""
    datum = datum or Datum()
    start, end = (round(moment.timestamp() * 1000) for moment in (span.start, span.end))

    def value(name: str, path: tuple[str, ...], form: str) -> str | None:
        match name:
            case "__url_time_range":
                return urlencode({"from": span.start_text, "to": span.end_text})
            case "__all_variables":
                return "&".join(choice.formatted("queryparam") for choice in choices.values())
            case "__from" | "__to":
                return _moment(span, name, form) or str(start if name == "__from" else end)
        if name in choices:
            return choices[name].formatted(form) if form == "queryparam" else _encoded(choices[name].formatted(form))
        found = _of_datum(name, path, datum)
        return None if found is None else _encoded(found)

    replaced = _replace(url, value).replace("\n", "").strip()
    local = replaced.startswith("/") and not replaced.startswith(("//", "/\\"))
    return replaced if local or replaced.lower().startswith(_SCHEMES) else ""


def _encoded(text: str) -> str:
    return quote(text, safe="")


def _moment(span: TimeRange, name: str, form: str) -> str:
    moment = span.start if name == "__from" else span.end
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") if form == "date" else ""


def _of_datum(name: str, path: tuple[str, ...], datum: Datum) -> str | None:
    match path:
        case ("labels", label) if name == "__field":
            return datum.labels.get(label, "")
        case ("fields", column) if name == "__data":
            return datum.fields.get(column, datum.labels.get(column, ""))
        case (part,):
            return {
                ("__field", "name"): datum.name,
                ("__series", "name"): datum.name,
                ("__value", "raw"): datum.raw,
                ("__value", "numeric"): datum.raw,
                ("__value", "text"): datum.text,
                ("__value", "time"): "" if datum.milliseconds is None else str(datum.milliseconds),
            }.get((name, part))
    return None


def _replace(text: str, value: Callable[[str, tuple[str, ...], str], str | None]) -> str:
    def found(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        path = tuple(dotted or quoted for dotted, quoted in _PART.findall(match[4] or ""))
        replaced = value(name, path, match[5] or "")
        return match[0] if replaced is None else replaced

    return _REFERENCE.sub(found, text)
