r"""Expressions for card numbers, as precise about prefix and length as an expression can be.

Luhn's check digit is beyond them, so a number that only looks like a card is taken out as well, unless it is part of a
longer number, of a decimal, of a UUID or of a long hexadecimal.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from payment_catalog.card_issuers import ISSUERS
from payment_logging.redaction.replacement import CARD, JSON_NAME_END, JSON_VALUE_END, Replacement

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = 4
_DIGIT = "[0-9]"
_HEX = "[0-9A-Fa-f]"
#: ``%``, encoded once more where a URL is part of a URL.
_PERCENT = "%(?:25){0,2}"
_BACKSLASHES = r"\\{1,4}"
#: One separator: a character, or what stands for it in URLs, in strings of JSON, Python and Ruby, and in HTML.
_SEPARATOR = (
    r"(?:[\s._/+\-\u00a0\u00ad\u00b7\u2007\u2009\u200b-\u200d\u2010-\u2015\u202f\u2060\u2212\ufeff]"
    rf"|{_PERCENT}(?:20|09|2[BDEFbdef]|5[Ff]|[Cc]2{_PERCENT}[Aa][0Dd]|[Ee]2{_PERCENT}80{_PERCENT}(?:8|9|[Aa])[0-9A-Fa-f])"
    rf"|{_BACKSLASHES}(?:[nrt/]|x[Aa]0|u00(?:2[0DdFf]|[Aa][0Dd]|[Bb]7)|u20(?:0[79B-Db-d]|1[0-5]|2[Ff]|60)|u2212|u[Ff][Ee][Ff][Ff])"
    r"|&(?:nbsp|shy|#(?:32|45|160|x20|x2[Dd]|x[Aa]0));)"
)
_SAME = r"(?:\1)?"
_ANY_SEPARATORS = f"{_SEPARATOR}{{0,3}}"
#: The end of an escape may look like a digit or a hexadecimal that the number would be part of.
_BEHIND_ESCAPE = rf"(?<=%{_HEX}{{2}})|(?<=\\x{_HEX}{{2}})|(?<=\\u{_HEX}{{4}})"
#: Not behind a decimal point, nor the beginning of an escape, of a decimal or of a UUID.
_NO_PART = (
    rf"(?<!{_DIGIT}\.)(?<!%)(?!{_DIGIT}{{1,11}}\.{_DIGIT}{{1,18}}(?![0-9.]))"
    rf"(?!{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})"
)
#: Not within a number, nor within a hexadecimal: letters up to F that end a word, or four of its digits.
_START = rf"(?=[2-6])(?:(?<!{_DIGIT})(?<!{_HEX}{{4}})|{_BEHIND_ESCAPE}){_NO_PART}"
_FINE_START = rf"(?=[2-6])(?:(?<!{_HEX})|{_BEHIND_ESCAPE}){_NO_PART}"
_UUID_GOES_ON = rf"-(?:{_HEX}{{4}}-){{0,2}}{_HEX}{{12}}(?![0-9A-Za-z])"
_END = rf"(?!{_DIGIT}|[A-Fa-f](?:{_HEX}{{3}}|{_HEX}{{0,2}}(?![0-9A-Za-z]))|{_UUID_GOES_ON})"


def _prefixes(low: str, high: str) -> Iterator[tuple[str, ...]]:
    """Yield classes of digits, one for each place, which together match the numbers from ``low`` to ``high``."""
    if not low:
        yield ()
        return
    if low[0] == high[0]:
        yield from ((low[0], *rest) for rest in _prefixes(low[1:], high[1:]))
        return
    first, last = int(low[0]), int(high[0])
    smallest, largest = "0" * len(low[1:]), "9" * len(low[1:])
    if low[1:] != smallest:
        yield from ((low[0], *rest) for rest in _prefixes(low[1:], largest))
        first += 1
    if high[1:] != largest:
        yield from ((high[0], *rest) for rest in _prefixes(smallest, high[1:]))
        last -= 1
    if first <= last:
        yield (_class(first, last), *(_DIGIT for _ in largest))


def _class(first: int, last: int) -> str:
    return str(first) if first == last else f"[{first}-{last}]"


def _numbers(in_prefix: str, behind_prefix: str) -> str:
    """Return what matches the numbers of every issuer, with separators between their digits.

    ``in_prefix`` matches those among the first four digits, ``behind_prefix`` the others.
    """
    by_lengths: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for low, high, lengths in ISSUERS:
        ranges = _prefixes(low.ljust(_PREFIX, "0"), high.ljust(_PREFIX, "9"))
        by_lengths[lengths] += (in_prefix.join(digits) for digits in ranges)
    return "|".join(
        f"(?:{'|'.join(prefixes)}){_rest(lengths, behind_prefix)}" for lengths, prefixes in by_lengths.items()
    )


def _rest(lengths: tuple[int, ...], separators: str) -> str:
    """Return what matches the digits behind the prefix, the longest number first."""
    digit = f"(?:{separators}{_DIGIT})" if separators else _DIGIT
    shortest, longest = lengths[0] - _PREFIX, lengths[-1] - _PREFIX
    if lengths == tuple(range(lengths[0], lengths[-1] + 1)):
        return f"{digit}{{{shortest},{longest}}}" if len(lengths) > 1 else f"{digit}{{{longest}}}"
    # The ends differ: a shorter number is one only where it is no beginning of a longer one.
    return f"(?:{'|'.join(f'{digit}{{{length - _PREFIX}}}{_END}' for length in reversed(lengths))})"


#: The value of a field of JSON that is a number: with a bare mark the line could not be parsed any more.
_AS_JSON_NUMBER = f"({JSON_NAME_END})(?:{_numbers('', '')}){JSON_VALUE_END}"
#: Four digits or more, then the others, with whatever stands between.
_GROUPED = f"{_START}(?:{_numbers('', _ANY_SEPARATORS)}){_END}"
#: Groups of which the first has three digits or fewer: always the same between them, else dates, addresses and
#: decimals in a row would be taken for a card number.
_FINELY_GROUPED = rf"{_FINE_START}(?={_DIGIT}{{1,3}}({_SEPARATOR}{{1,3}}){_DIGIT})(?:{_numbers(_SAME, _SAME)}){_END}"

CARDS: tuple[Replacement, ...] = (
    Replacement(_AS_JSON_NUMBER, rf'\1"{CARD}"'),
    Replacement(_GROUPED, CARD),
    Replacement(_FINELY_GROUPED, CARD),
)
