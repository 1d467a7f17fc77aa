"""``payobs push rules``: asks for the groups that are there, sends those that differ, and tells each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.foreign_text import one_line
from payment_bundle.push_run import Outcome, carry_out, first_of
from payment_bundle.ruler.connection import RefusedError
from payment_bundle.ruler.group_differences import group_differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payment_bundle.push_run import Say
    from payment_bundle.ruler.api import Ruler
    from payment_bundle.ruler.rule_group import RuleGroup
    from payment_bundle.ruler.wanted import WantedGroup
    from payment_catalog.settings import Settings


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
    place = f"{ruler.connection.server.shown}, namespace {ruler.namespace}"
    steps = _Push(ruler, options, say).steps(wanted)
    return carry_out(steps, say, place=place, objects="groups", dry_run=options.dry_run)


class _Push:
    def __init__(self, ruler: Ruler, options: PushOptions, say: Say) -> None:
        self._ruler = ruler
        self._options = options
        self._say = say

    def steps(self, wanted: Sequence[WantedGroup]) -> Iterator[Outcome]:
        there = self._ruler.groups()
        for group in wanted:
            yield self._push(group, there.get(group.name))
        # Last, so that no rule is missed while another group takes it over.
        for name in sorted(there.keys() - {group.name for group in wanted}):
            yield self._leave(name)

    def _push(self, wanted: WantedGroup, there: RuleGroup | None) -> Outcome:
        outcome, lines = Outcome.CREATED, list[str]()
        if there is not None:
            lines = [f"{each.subject}: {each.text}" for each in group_differences(there, wanted.group)]
            outcome = Outcome.UPDATED if lines else Outcome.UNCHANGED
        if outcome is not Outcome.UNCHANGED and not self._options.dry_run:
            try:
                self._ruler.set(wanted.content)
            except RefusedError as error:
                return self._refused(wanted.name, error)
        self._say(f"  {outcome.sign} {wanted.name}: {outcome.words(dry_run=self._options.dry_run)}")
        for line in first_of(lines, "payobs diff rules"):
            self._say(f"      {one_line(line)}")
        return outcome

    def _leave(self, name: str) -> Outcome:
        shown = one_line(name)
        if not self._options.prune:
            self._say(f"  - {shown}: is no longer generated; --prune removes it")
            return Outcome.LEFT_OVER
        if not self._options.dry_run:
            try:
                self._ruler.delete(name)
            except RefusedError as error:
                return self._refused(shown, error)
        self._say(f"  - {shown}: {Outcome.REMOVED.words(dry_run=self._options.dry_run)}")
        return Outcome.REMOVED

    def _refused(self, name: str, error: RefusedError) -> Outcome:
        self._say(f"  ! {name}: not pushed; {error}")
        return Outcome.NOT_DONE
