"""The difference between two trees of JSON: what is wanted, and what a server made of it.

A server adds what it was not given: defaults, times, versions. So a member that only the server has is a difference
only where a ``Reading`` says so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from payment_bundle.side_by_side import excerpt, side_by_side
from payment_catalog.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Keys from the root on; of an element of a list its name, or its number from 1.
Path: TypeAlias = tuple[str, ...]

ABSENT: Final = object()

#: What stands for a value that nobody is to see.
SECRET = "<secret>"  # noqa: S105 - it stands for one

_PLAIN = re.compile(r"[\w./:@%+*#-]+")


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is another one than wanted; either may be ABSENT."""

    path: Path
    there: object
    wanted: object

    def words(self, *, secret: bool = False) -> str:
        """Return the change as the end of a sentence: ``for is 5m, generated is 10m``."""
        label = ".".join(self.path)
        label = f"{label} " if label else ""
        if self.there is ABSENT:
            return f"{label}is missing, generated is {SECRET if secret else excerpt(shown(self.wanted))}"
        if self.wanted is ABSENT:
            return f"{label}is {SECRET if secret else excerpt(shown(self.there))}, which is not generated"
        if secret:
            return f"{label}is another secret than generated"
        there, wanted = side_by_side(shown(self.there), shown(self.wanted))
        return f"{label}is {there}, generated is {wanted}"


def _never(path: Path) -> bool:
    del path
    return False


def _equal(path: Path, there: object, wanted: object) -> bool:
    del path
    return there == wanted


@dataclass(frozen=True, slots=True)
class Reading:
    """How two trees are read, by the path of a value.

    ``complete``: members that nobody wants are changes. ``unordered``: a list of texts in any order. ``name``: the key
    that holds the names of a list's elements, None where they go by their places. ``equal`` tells, with what is there
    first, whether two values that are no mappings and no lists mean the same.
    """

    complete: Callable[[Path], bool] = _never
    unordered: Callable[[Path], bool] = _never
    name: Callable[[Path], str | None] = lambda _: None
    equal: Callable[[Path, object, object], bool] = _equal


def changes(there: object, wanted: object, reading: Reading, path: Path = ()) -> Iterator[Change]:
    """Return every change that makes ``wanted`` out of ``there``."""
    match there, wanted:
        case dict(), dict():
            yield from _members(there, wanted, reading, path, complete=reading.complete(path))
        case list(), list():
            yield from _elements(there, wanted, reading, path)
        case (dict() | list(), _) | (_, dict() | list()):
            yield Change(path, there, wanted)
        case _:
            if there is ABSENT or not reading.equal(path, there, wanted):
                yield Change(path, there, wanted)


def shown(value: object) -> str:
    """Return ``value`` as a word where it is one, else as JSON."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _members(
    there: Mapping[str, Any], wanted: Mapping[str, Any], reading: Reading, path: Path, *, complete: bool
) -> Iterator[Change]:
    for key, value in wanted.items():
        yield from changes(there.get(key, ABSENT), value, reading, (*path, key))
    if complete:
        yield from (Change((*path, key), value, ABSENT) for key, value in there.items() if key not in wanted)


def _elements(there: Sequence[Any], wanted: Sequence[Any], reading: Reading, path: Path) -> Iterator[Change]:
    name = reading.name(path)
    texts = all(isinstance(item, str) for item in (*there, *wanted))
    if name and all(isinstance(item, dict) and name in item for item in (*there, *wanted)):
        left, right = ({str(item[name]): item for item in items} for items in (there, wanted))
        yield from _members(left, right, reading, path, complete=True)
    elif len(there) != len(wanted):
        yield Change(path, there, wanted)
    elif texts:
        if there != wanted and not (reading.unordered(path) and sorted(there) == sorted(wanted)):
            yield Change(path, there, wanted)
    else:
        for number, (left, right) in enumerate(zip(there, wanted, strict=True), start=1):
            yield from changes(left, right, reading, (*path, str(number)))


def same_duration(there: object, wanted: object) -> bool:
    """Whether both are texts that mean the same length of time, such as ``300s`` and ``5m``."""
    if not (isinstance(there, str) and isinstance(wanted, str)):
        return False
    try:
        return parse_duration(there) == parse_duration(wanted)
    except ValueError:
        return False
