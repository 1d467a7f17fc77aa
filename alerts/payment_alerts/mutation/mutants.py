"""From rules to their mutants; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_alerts.mutation.changes import changes
from payment_alerts.mutation.mutant import Kind, Mutant
from payment_catalog.durations import format_duration
from payment_catalog.promql import PromQLError, parse
from payment_catalog.promql_text import places, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_alerts.alert import Alert
    from payment_catalog.signal import RecordingRule

#: Unit tests evaluate the rules once a minute: less makes no difference to them.
_EVALUATION = timedelta(minutes=1)

_UNBRACKETED = (ast.ParenExpr, ast.AggregateExpr, ast.Call)


@dataclass(frozen=True, slots=True)
class Mutation:
    """The mutants of one rule, and how many changes gave no PromQL."""

    mutants: tuple[Mutant, ...]
    invalid: int = 0


def mutate_alert(alert: Alert) -> Mutation:
    """Return the mutants of an alert: of its expression, its ``for`` and its ``keep_firing_for``."""
    mutation = mutate_expression(alert.name, alert.expr)
    return Mutation((*mutation.mutants, *_pendings(alert), *_keep_firings(alert)), mutation.invalid)


def mutate_recording(recording: RecordingRule) -> Mutation:
    """Return the mutants of a recording rule."""
    return mutate_expression(recording.record, recording.expr)


def mutate_expression(rule: str, expression: str) -> Mutation:
    """Return the mutants of ``expression``, each different from it; raises PromQLError where it cannot be parsed."""
    tree = parse(expression)
    original = write(tree)
    found = {mutant.expr: mutant for mutant in _candidates(rule, tree) if mutant.expr != original}
    valid = tuple(mutant for mutant in found.values() if _is_valid(mutant.expr))
    return Mutation(valid, len(found) - len(valid))


def _candidates(rule: str, tree: ast.Expr) -> Iterator[Mutant]:
    for place in places(tree):
        text = write(place.node)
        bracketed = isinstance(place.node, ast.BinaryExpr) and not (
            place.parent is None or isinstance(place.parent, _UNBRACKETED)
        )
        for change in changes(place):
            new = text[: change.start] + change.after + text[change.start + len(change.before) :]
            inserted = f"({new})" if bracketed else new
            yield Mutant(
                rule,
                change.kind,
                len(place.before) + change.start,
                change.before.strip(" ,"),
                change.after.strip(" ,"),
                place.before + inserted + place.after,
            )


def _is_valid(expression: str) -> bool:
    try:
        parse(expression)
    except PromQLError:
        return False
    return True


def _pendings(alert: Alert) -> Iterator[Mutant]:
    expr = write(parse(alert.expr))
    for pending in _others(alert.pending):
        before, after = format_duration(alert.pending), format_duration(pending)
        yield Mutant(alert.name, Kind.FOR, 0, before, after, expr, pending=pending)


def _keep_firings(alert: Alert) -> Iterator[Mutant]:
    expr = write(parse(alert.expr))
    for keep_firing in _others(alert.keep_firing):
        before, after = format_duration(alert.keep_firing), format_duration(keep_firing)
        yield Mutant(alert.name, Kind.KEEP_FIRING, 0, before, after, expr, keep_firing=keep_firing)


def _others(duration: timedelta) -> Iterable[timedelta]:
    half = duration // 2 // _EVALUATION * _EVALUATION
    return dict.fromkeys((timedelta(0), half, duration * 2)) if duration else ()
