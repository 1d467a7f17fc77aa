"""Finds card numbers (PAN) in any text, however they are written.

Luhn's check digit alone (ISO/IEC 7812-1, annex B) hits one digit run in ten. Issuer prefix and length bring that to
one in forty of 16 random digits, and to none of this century's timestamps, which begin with 1 or 2.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from payment_catalog.card_issuers import ISSUERS

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST, LONGEST = 12, 19
_FIRST_PREFIXES = [low for low, _, _ in ISSUERS]
_FIRST_DIGITS = frozenset(low[0] for low in _FIRST_PREFIXES)
_DOUBLED = tuple(sum(divmod(2 * digit, 10)) for digit in range(10))

#: What people, forms, URLs and escaped strings put between the groups of a card number.
_SEPARATOR = (
    r"[\s._/+\-\u00ad\u00b7\u200b-\u200d\u2010-\u2015\u2060\u2212\ufeff]"
    r"|%(?:25)*(?:20|09|2[BDEF]|5F|C2%(?:25)*A0)|%(?:25)*(?:2[bdef]|5f|c2%(?:25)*a0)"
    r"|\\+(?:[nrt]|u00a0|u2009|u202f|xa0)"
)
_CHAIN = re.compile(rf"\d++(?:(?:{_SEPARATOR}){{1,3}}+\d++)*+")
_LONG_RUN = re.compile(rf"[0-9]{{{SHORTEST},}}")
_PARTS = re.compile(rf"(?P<separator>(?:{_SEPARATOR})+)|(?P<digits>\d+)")
#: The end of a percent or backslash escape may look like the first digits of the number that follows it.
_ESCAPE = re.compile(r"%(?:25)*[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}")
_LONGEST_ESCAPE = 9
#: Identifiers whose digits mean nothing: UUIDs, W3C's traceparent, and hexadecimal of the lengths that hashes have.
_IDENTIFIER = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"
    r"|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})(?![0-9a-f])",
    re.IGNORECASE,
)
#: A decimal point with that many digits behind it begins a fraction, not a card number.
_LONG_FRACTION = 8
#: Groups at least this long may have unlike separators between them, unless one is a dot. Others may not: else rows of
#: dates, addresses and decimals would be taken for a card number.
_CLEAR_GROUP = 3


@dataclass(frozen=True, slots=True)
class Card:
    """A card number at ``text[start:end]``."""

    start: int
    end: int
    last_four: str


class _Group(NamedTuple):
    start: int
    end: int
    digits: str
    separator: str


def find_cards(text: str) -> list[Card]:
    """Return the card numbers in ``text`` in order; where readings overlap, one from the first to the last digit."""
    if len(text) < SHORTEST:
        return []
    chains = [chain.span() for chain in _CHAIN.finditer(text) if sum(map(str.isdigit, chain[0])) >= SHORTEST]
    found = [card for start, end in chains for card in _read(text, start, end)]
    if not found:
        return found
    identifiers = [match.span() for match in _IDENTIFIER.finditer(text)]
    merged: list[Card] = []
    for card in sorted(found, key=lambda each: (each.start, each.end)):
        if any(start < card.end and card.start < end for start, end in identifiers):
            continue
        if merged and card.start < merged[-1].end:
            before = merged.pop()
            longer = max(before, card, key=lambda each: each.end)
            merged.append(Card(before.start, longer.end, longer.last_four))
        else:
            merged.append(card)
    return merged


def may_hide_card(text: str) -> bool:
    """Return whether the digits of a card number stand in ``text`` at all, in the middle of others as well.

    Stricter than ``find_cards``: 1 in 1,000 random trace ids is suspected wrongly.
    """
    return any(
        is_card(run[start : start + length])
        for run in _LONG_RUN.findall(text)
        for length in range(SHORTEST, LONGEST + 1)
        for start in range(len(run) - length + 1)
    )


def is_card(digits: str) -> bool:
    """Return whether ASCII ``digits`` have an issuer's prefix, a length that it gives out, and Luhn's check digit."""
    index = bisect_right(_FIRST_PREFIXES, digits) - 1
    if index < 0:
        return False
    _, high, lengths = ISSUERS[index]
    return len(digits) in lengths and digits[: len(high)] <= high and has_check_digit(digits)


def has_check_digit(digits: str) -> bool:
    """Return whether the last of ASCII ``digits`` is Luhn's check digit of the others."""
    values = [ord(digit) - 48 for digit in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def _read(text: str, start: int, end: int) -> Iterator[Card]:
    """Yield every reading of a chain of digit groups as a card number."""
    for begin in _beginnings(text, start):
        groups = list(_groups(text, begin, end))
        # Later beginnings differ only in the first group.
        for first in range(len(groups) if begin == start else 1):
            yield from _read_from(text, groups, first)


def _read_from(text: str, groups: list[_Group], first: int) -> Iterator[Card]:
    begin = groups[first].start
    digits, separators, shortest = groups[first].digits, set[str](), LONGEST
    if digits[0] not in _FIRST_DIGITS:
        return
    for splits, group in enumerate(islice(groups, first, first + LONGEST)):
        if splits:
            digits += group.digits
            separators.add(group.separator)
        if len(digits) > LONGEST:
            return
        alike = len(separators) <= 1 or (shortest >= _CLEAR_GROUP and not any("." in each for each in separators))
        if (
            len(digits) >= SHORTEST
            and alike
            and is_card(digits)
            and not _is_decimal(text, groups[first], separators, splits)
        ):
            yield Card(begin, group.end, digits[-4:])
        shortest = min(shortest, len(group.digits))


def _is_decimal(text: str, first: _Group, separators: set[str], splits: int) -> bool:
    """Return whether what is read from the group ``first`` on, over ``splits`` separators, is a decimal number."""
    if splits == 1 and separators == {"."}:
        return True
    before = text[max(0, first.start - 2) : first.start]
    return len(first.digits) >= _LONG_FRACTION and before.endswith(".") and before[0].isdigit()


def _groups(text: str, start: int, end: int) -> Iterator[_Group]:
    separator = ""
    for part in _PARTS.finditer(text, start, end):
        if part["digits"]:
            digits = part["digits"]
            ascii_digits = digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)
            yield _Group(part.start(), part.end(), ascii_digits, separator)
        separator = part["separator"] or ""


def _beginnings(text: str, start: int) -> set[int]:
    """Return where the first number of a chain may begin: at its first digit, or after an escape that holds it."""
    beginnings = {start}
    for escape in _ESCAPE.finditer(text, max(0, start - _LONGEST_ESCAPE), start + _LONGEST_ESCAPE):
        if escape.start() < start < escape.end():
            beginnings |= {max(start, escape.start() + 3), escape.end()}
    return beginnings
