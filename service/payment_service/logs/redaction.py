"""Takes card data and credentials out of everything that is to be logged."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard
from urllib.parse import quote, quote_plus

from payment_service.logs.cards import SHORTEST, find_cards
from payment_service.logs.credentials import REDACTED, TRUNCATED, find_credentials, is_secret_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

LONGEST_TEXT = 16_384
DEEPEST, MOST_VALUES = 8, 1_000
SHORTEST_SECRET = 6
#: What is found across the place where a text is cut off must be shorter than this, or a known secret.
_MARGIN = 512
_MOST_NAMES = 1_000
_SMALLEST_CARD = 10 ** (SHORTEST - 1)
#: Elasticsearch's ``long``, and that of most readers of JSON.
_LARGEST_INTEGER = 2**63 - 1
_MARKS = (REDACTED, TRUNCATED, "[card ****")


class _Span(NamedTuple):
    start: int
    end: int
    mark: str


class Redactor:
    """Replaces what must not be logged; what it returns passes through it again unchanged.

    ``secrets`` are values that are taken out wherever they stand, also escaped for a URL or a string of JSON; those
    shorter than 6 characters are ignored. ``on_card`` is called for each card number that is found.
    """

    def __init__(self, secrets: Collection[str], on_card: Callable[[], None]) -> None:
        self._on_card = on_card
        forms = {form for secret in secrets for form in _forms(_valid(secret)) if len(secret) >= SHORTEST_SECRET}
        self._secrets = sorted(form for form in forms if not any(form in mark for mark in _MARKS))
        #: Names of fields that hold nothing to be redacted: few, and on every line.
        self._plain_names: set[str] = set()
        self._margin = max([_MARGIN, *map(len, self._secrets)])

    def text(self, text: str) -> str:
        """Return ``text`` without card data and credentials, valid Unicode, at most 16,384 characters."""
        if len(text) <= LONGEST_TEXT:
            return self._redacted(_valid(text))
        # The margin holds what would be found only in part. It is not shown.
        beginning = self._redacted(_valid(text[: LONGEST_TEXT + self._margin]))[: -self._margin]
        return _without_half_mark(beginning[: LONGEST_TEXT - len(TRUNCATED)]) + TRUNCATED

    def value(self, value: Any) -> Any:
        """Return ``value`` as what JSON knows: str, int, float, bool, None, and lists and dicts of these.

        Fields with the name of a secret keep the name; so does the second of two where the first is such a name, as in
        lists of headers. Other objects, exceptions among them, become their text. What is more than 8 levels deep, and
        what comes after 1,000 values, is left out.
        """
        return self._value(value, 0, _Budget())

    def _value(self, value: Any, depth: int, budget: _Budget) -> Any:
        match value:
            case None | bool():
                return value
            case int() | float():
                return self._number(float(value) if isinstance(value, float) else int(value))
            case str():
                return self.text(str.__str__(value))
            case bytes() | bytearray() | memoryview():
                return self.text(text_of(value))
            case Mapping() | Sequence() | Set():
                return TRUNCATED if depth == DEEPEST else self._container(value, depth + 1, budget)
        return self.text(text_of(value))

    def _container(self, value: Mapping[Any, Any] | Sequence[Any] | Set[Any], depth: int, budget: _Budget) -> Any:
        if isinstance(value, Mapping):
            return self._fields(value.items(), depth, budget)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return self._fields(zip(value._fields, value, strict=False), depth, budget)
        if _is_secret_pair(value):
            return [self.text(text_of(value[0])), REDACTED]
        return self._items(value, depth, budget)

    def _number(self, value: float) -> str | float:
        if abs(value) < _SMALLEST_CARD:
            return value
        text = text_of(value)
        redacted = self.text(text)
        is_json = math.isfinite(value) if isinstance(value, float) else abs(value) <= _LARGEST_INTEGER
        return value if is_json and redacted == text else redacted

    def _fields(self, fields: Iterable[tuple[Any, Any]], depth: int, budget: _Budget) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in fields:
            if budget.is_spent():
                result[TRUNCATED] = TRUNCATED
                break
            name = text_of(key)
            result[self._name(name)] = REDACTED if is_secret_name(name) else self._value(value, depth, budget)
        return result

    def _items(self, items: Iterable[Any], depth: int, budget: _Budget) -> list[Any]:
        result: list[Any] = []
        for item in items:
            if budget.is_spent():
                result.append(TRUNCATED)
                break
            result.append(self._value(item, depth, budget))
        return result

    def _name(self, name: str) -> str:
        if name in self._plain_names:
            return name
        redacted = self.text(name)
        if redacted == name and len(self._plain_names) < _MOST_NAMES:
            self._plain_names.add(name)
        return redacted

    def _redacted(self, text: str) -> str:
        spans = sorted(self._find(text))
        if not spans:
            return text
        parts: list[str] = []
        shown = 0
        for span in _merged(spans):
            parts += (text[shown : span.start], span.mark)
            shown = span.end
        return "".join([*parts, text[shown:]])

    def _find(self, text: str) -> Iterator[_Span]:
        for secret in self._secrets:
            start = text.find(secret)
            while start >= 0:
                yield _Span(start, start + len(secret), REDACTED)
                start = text.find(secret, start + 1)
        for start, end in find_credentials(text):
            yield _Span(start, end, REDACTED)
        for card in find_cards(text):
            with suppress(Exception):
                self._on_card()
            # PCI DSS v4.0.1, 3.4.1 and 3.5.1: the last four digits may be shown and stored.
            yield _Span(card.start, card.end, f"[card ****{card.last_four}]")


class _Budget:
    """How many values may still be written."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def is_spent(self) -> bool:
        self._left -= 1
        return self._left < 0


def text_of(value: Any) -> str:
    """Return the text of any object; never raises."""
    try:
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value[: LONGEST_TEXT * 2]).decode(errors="replace")
        if isinstance(value, BaseException):
            return f"{type(value).__name__}: {value}"
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}, whose text raises {type(error).__name__}>"


def _merged(spans: list[_Span]) -> Iterator[_Span]:
    """Yield sorted spans so that none overlaps another."""
    current = spans[0]
    for span in spans[1:]:
        if span.start < current.end:
            mark = current.mark if span.mark == current.mark else REDACTED
            current = _Span(current.start, max(current.end, span.end), mark)
        else:
            yield current
            current = span
    yield current


def _forms(secret: str) -> set[str]:
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }


def _is_secret_pair(items: Sequence[Any] | Set[Any]) -> TypeGuard[Sequence[Any]]:
    if len(items) != 2 or not isinstance(items, Sequence):
        return False
    name = items[0]
    return isinstance(name, str | bytes) and is_secret_name(text_of(name))


def _valid(text: str) -> str:
    """Return ``text`` with U+FFFD for lone surrogates, which UTF-8 cannot hold."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _without_half_mark(text: str) -> str:
    start = text.rfind("[", -len("[card ****0000]"))
    return text if start < 0 or "]" in text[start:] else text[:start]
