"""The frame of a push: what became of each object is counted, and whatever ends it early says how far it came."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Say: TypeAlias = Callable[[str], None]

#: A push tells the first differences of an object, ``diff`` every one.
_TOLD = 6


class Outcome(StrEnum):
    """What became of one object, in the order in which it is counted."""

    CREATED = "created"
    UPDATED = "updated"
    ROLLED_OVER = "rolled over"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    LEFT_OVER = "left over"
    UNSUPPORTED = "not possible on this server"
    NOT_DONE = "not pushed"

    @property
    def sign(self) -> str:
        """What its line begins with."""
        return _SIGNS[self]

    def words(self, *, dry_run: bool) -> str:
        """Return what was done, in a dry run what would be."""
        return f"would be {self}" if dry_run and self in _WRITTEN else str(self)


_SIGNS = {
    Outcome.CREATED: "+",
    Outcome.UPDATED: "~",
    Outcome.ROLLED_OVER: "~",
    Outcome.UNCHANGED: "=",
    Outcome.REMOVED: "-",
    Outcome.LEFT_OVER: "-",
    Outcome.UNSUPPORTED: "!",
    Outcome.NOT_DONE: "!",
}
_WRITTEN = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.ROLLED_OVER, Outcome.REMOVED})
_FAILED = frozenset({Outcome.UNSUPPORTED, Outcome.NOT_DONE})


def carry_out(steps: Iterable[Outcome], say: Say, *, place: str, objects: str, dry_run: bool) -> bool:
    """Take every step and say what became of the ``objects`` of ``place``; return whether all are there afterwards.

    Ctrl-C and a ForeseenError, which is raised again, end it with a line that says how far it came.
    """
    done = Counter[Outcome]()
    try:
        for outcome in steps:
            done[outcome] += 1
    except KeyboardInterrupt:
        say(f"interrupted; {_summary(done)}; run it again for the rest")
        return False
    except ForeseenError:
        if done:
            say(f"broken off; {_summary(done)}; run it again for the rest")
        raise
    if done.keys() <= {Outcome.UNCHANGED}:
        say(f"{place}: nothing to send, all {done[Outcome.UNCHANGED]} {objects} are as generated")
    else:
        say(f"{place}: {_summary(done)}{' (dry run, nothing sent)' if dry_run else ''}")
    return not _FAILED & done.keys()


def _summary(done: Mapping[Outcome, int]) -> str:
    return ", ".join(f"{done[outcome]} {outcome}" for outcome in Outcome if outcome in done) or "nothing done"


def first_of(lines: Sequence[str], command: str) -> Iterator[str]:
    """Return the first of the differences that a push tells, and which ``command`` tells every one."""
    yield from lines[:_TOLD]
    if len(lines) > _TOLD:
        yield f"and {len(lines) - _TOLD} more; '{command}' tells every one"
