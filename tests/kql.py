"""Kibana's query language, as far as our saved objects use it, turned into Elasticsearch's as Kibana does.

Source: "Kibana Query Language" of Kibana's documentation, and ``is`` and ``range`` of @kbn/es-query: a phrase becomes
``match_phrase``, a value with an asterisk ``query_string`` on that field, ``*`` alone ``exists``, another ``match``.
"""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r'\s*(?:(?P<sign>[():]|[<>]=?)|"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>(?:\\.|[^\s():"<>\\])+))')
_BOUNDS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
Query = dict[str, Any]


def to_elasticsearch(text: str) -> Query:
    """Return the query of a text in Kibana's language; raises ValueError for what it does not know."""
    if not text.strip():
        return {"match_all": {}}
    reader = _Reader(text)
    query = reader.either("")
    if reader.tokens:
        raise ValueError(f"{text}: not understood from {reader.tokens[0]} on")
    return query


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            found = _TOKEN.match(text, position)
            if found is None:
                raise ValueError(f"{text}: not understood at {position}")
            kind = str(found.lastgroup)
            self.tokens.append((kind, found[kind]))
            position = found.end()

    def either(self, field: str) -> Query:
        parts = [self._both(field)]
        while self._takes("word", "or"):
            parts.append(self._both(field))
        return parts[0] if len(parts) == 1 else {"bool": {"should": parts, "minimum_should_match": 1}}

    def _both(self, field: str) -> Query:
        parts = [self._one(field)]
        while self._takes("word", "and"):
            parts.append(self._one(field))
        return parts[0] if len(parts) == 1 else {"bool": {"filter": parts}}

    def _one(self, field: str) -> Query:
        if self._takes("sign", "("):
            inner = self.either(field)
            if not self._takes("sign", ")"):
                raise ValueError("a parenthesis is not closed")
            return inner
        kind, value = self.tokens.pop(0)
        if field:
            return _value(field, kind, value)
        sign = self.tokens.pop(0)[1]
        if sign in _BOUNDS:
            return {"range": {value: {_BOUNDS[sign]: self.tokens.pop(0)[1]}}}
        if sign != ":":
            raise ValueError(f"{sign}: not understood after {value}")
        return self._one(value)

    def _takes(self, kind: str, value: str) -> bool:
        if self.tokens and self.tokens[0] == (kind, value):
            del self.tokens[0]
            return True
        return False


def _value(field: str, kind: str, value: str) -> Query:
    if kind == "phrase":
        return {"match_phrase": {field: re.sub(r"\\(.)", r"\1", value)}}
    if value == "*":
        return {"exists": {"field": field}}
    if "*" in value:
        return {"query_string": {"fields": [field], "query": value}}
    return {"match": {field: re.sub(r"\\(.)", r"\1", value)}}
