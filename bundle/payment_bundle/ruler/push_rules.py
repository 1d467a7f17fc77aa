"""``payobs push rules``: asks for the groups that are there, sends those that differ, and tells each step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_bundle.foreign_text import one_line
from payment_bundle.ruler.connection import RefusedError, RulerError
from payment_bundle.ruler.group_differences import group_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from payment_bundle.ruler.api import Ruler
    from payment_bundle.ruler.rule_group import RuleGroup
    from payment_bundle.ruler.wanted import WantedGroup
    from payment_catalog.settings import Settings

    Say = Callable[[str], None]

#: A push tells the first differences of a group, ``diff`` every one.
_TOLD = 6


class _Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    LEFT_OVER = "left over"
    NOT_DONE = "not pushed"


_SIGNS = {_Outcome.CREATED: "+", _Outcome.UPDATED: "~", _Outcome.UNCHANGED: "="}


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What may be done: only looking, deleting groups of our namespace that are no longer generated."""

    dry_run: bool = False
    prune: bool = False


def namespace_of(settings: Settings) -> str:
    """Return the namespace that belongs to the bundle: that of one service, so that several do not meet."""
    return f"payobs-{settings.service}"


def push(wanted: Sequence[WantedGroup], ruler: Ruler, options: PushOptions, say: Say) -> bool:
    """Send those of ``wanted`` that differ; return whether all are there afterwards. Raises RulerError."""
    return _Push(ruler, options, say).run(wanted)


class _Push:
    def __init__(self, ruler: Ruler, options: PushOptions, say: Say) -> None:
        self._ruler = ruler
        self._options = options
        self._say = say
        self._done = Counter[_Outcome]()

    def run(self, wanted: Sequence[WantedGroup]) -> bool:
        try:
            there = self._ruler.groups()
            for group in wanted:
                self._done[self._push(group, there.get(group.name))] += 1
            # Last, so that no rule is missed while another group takes it over.
            for name in sorted(there.keys() - {group.name for group in wanted}):
                self._done[self._leave(name)] += 1
        except KeyboardInterrupt:
            self._say(f"interrupted; {self._summary()}; run it again for the rest")
            return False
        except RulerError:
            if self._done:
                self._say(f"broken off; {self._summary()}; run it again for the rest")
            raise
        self._conclude(len(wanted))
        return not self._done[_Outcome.NOT_DONE]

    def _push(self, wanted: WantedGroup, there: RuleGroup | None) -> _Outcome:
        outcome, lines = _Outcome.CREATED, list[str]()
        if there is not None:
            lines = [f"{each.subject}: {each.text}" for each in group_differences(there, wanted.group)]
            outcome = _Outcome.UPDATED if lines else _Outcome.UNCHANGED
        if outcome is not _Outcome.UNCHANGED and not self._options.dry_run:
            try:
                self._ruler.set(wanted.content)
            except RefusedError as error:
                return self._refused(wanted.name, error)
        self._say(f"  {_SIGNS[outcome]} {wanted.name}: {self._would_be(outcome)}")
        for line in _first(lines):
            self._say(f"      {one_line(line)}")
        return outcome

    def _leave(self, name: str) -> _Outcome:
        shown = one_line(name)
        if not self._options.prune:
            self._say(f"  - {shown}: is no longer generated; --prune removes it")
            return _Outcome.LEFT_OVER
        if not self._options.dry_run:
            try:
                self._ruler.delete(name)
            except RefusedError as error:
                return self._refused(shown, error)
        self._say(f"  - {shown}: {self._would_be(_Outcome.REMOVED)}")
        return _Outcome.REMOVED

    def _refused(self, name: str, error: RefusedError) -> _Outcome:
        self._say(f"  ! {name}: not pushed; {error}")
        return _Outcome.NOT_DONE

    def _would_be(self, outcome: _Outcome) -> str:
        return f"would be {outcome}" if self._options.dry_run and outcome is not _Outcome.UNCHANGED else outcome

    def _conclude(self, wanted: int) -> None:
        place = f"{self._ruler.connection.server.shown}, namespace {self._ruler.namespace}"
        if self._done == Counter({_Outcome.UNCHANGED: wanted}):
            self._say(f"{place}: nothing to send, all {wanted} groups are as generated")
        else:
            self._say(f"{place}: {self._summary()}{' (dry run, nothing sent)' if self._options.dry_run else ''}")

    def _summary(self) -> str:
        return ", ".join(f"{self._done[outcome]} {outcome}" for outcome in _Outcome if self._done[outcome])


def _first(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_TOLD]
    if len(lines) > _TOLD:
        yield f"and {len(lines) - _TOLD} more; 'payobs diff rules' tells every one"
