"""``payobs mutate``: changes every rule in small ways and counts which changes its unit tests notice."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from payment_alerts.groups import alert_groups
from payment_alerts.mutation.equivalents import EQUIVALENTS, Equivalent
from payment_alerts.mutation.plan import plan
from payment_alerts.mutation.run import Runner
from payment_alerts.mutation.score import score
from payment_bundle.machine_output import Output, print_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import AlertGroup
    from payment_alerts.mutation.mutant import Mutant
    from payment_alerts.mutation.plan import Plan
    from payment_alerts.mutation.score import Score
    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class MutateOptions:
    """What the command was asked for; ``only`` empty means every alert, ``jobs`` 0 one for each core."""

    only: tuple[str, ...] = ()
    minimum: float = 0.95
    jobs: int = 0
    listed: bool = False
    verbose: bool = False
    output: Output = Output.TEXT


def run_mutate(
    catalog: Catalog,
    options: MutateOptions,
    groups: Sequence[AlertGroup] | None = None,
    declared: Sequence[Equivalent] | None = None,
) -> bool:
    """Print what the tests of ``groups`` miss and return whether they notice enough.

    By default ``groups`` are the bundle's, and ``declared`` what is declared to mean the same.

    Raises ForeseenError for an unknown alert, a missing promtool, and rules that fail their tests as declared.
    """
    planned = plan(alert_groups(catalog) if groups is None else groups, options.only)
    if options.listed and options.output is Output.JSON:
        print_document("mutate", ok=True, mutants=list(map(_plain, planned.mutants)), invalid=planned.invalid)
        return True
    if options.listed:
        for mutant in planned.mutants:
            typer.echo(str(mutant))
        typer.echo(f"{len(planned.mutants)} mutants{_dropped(planned)}")
        return True
    survivors = _survivors(catalog, planned, options.jobs or os.cpu_count() or 1)
    equal = (*EQUIVALENTS, *catalog.parts(Equivalent)) if declared is None else declared
    result = score(planned.mutants, survivors, equal, complete=not options.only)
    ok = result.is_enough(options.minimum)
    if options.output is Output.JSON:
        print_document("mutate", ok=ok, **_figures(result, options))
    else:
        _report(result, options)
    return ok


def _survivors(catalog: Catalog, planned: Plan, jobs: int) -> tuple[Mutant, ...]:
    survivors: list[Mutant] = []
    tried, total, start = 0, len(planned.mutants), time.monotonic()
    for verdict in Runner(catalog, jobs).run(planned.families):
        survivors += verdict.survivors
        tried += len(verdict.tried)
        noticed = len(verdict.tried) - len(verdict.survivors)
        typer.echo(f"[{tried:4}/{total}] {verdict.rule}: {noticed} of {len(verdict.tried)} noticed", err=True)
    seconds = time.monotonic() - start
    rate = f"{total / seconds:.0f} a second" if seconds else "at once"
    typer.echo(f"{total} mutants in {seconds:.0f} s, {rate}{_dropped(planned)}", err=True)
    return tuple(survivors)


def _dropped(planned: Plan) -> str:
    return f"; {planned.invalid} more are no PromQL and were dropped" if planned.invalid else ""


def _plain(mutant: Mutant) -> dict[str, object]:
    return {
        "rule": mutant.rule,
        "kind": mutant.kind,
        "position": mutant.position,
        "before": mutant.before,
        "after": mutant.after,
    }


def _figures(result: Score, options: MutateOptions) -> dict[str, object]:
    return {
        "noticed": result.killed,
        "score": round(result.ratio, 4),
        "minimum": options.minimum,
        "survived": list(map(_plain, result.survivors)),
        "equivalent": [{**_plain(mutant), "reason": found.reason} for mutant, found in result.equivalents],
        "wrong": [{**_plain(mutant), "declaration": str(found)} for mutant, found in result.wrong],
        "stale": list(map(str, result.stale)),
    }


def _report(result: Score, options: MutateOptions) -> None:
    for mutant in result.survivors:
        typer.echo(f"survived    {mutant}")
    if options.verbose:
        for mutant, declaration in result.equivalents:
            typer.echo(f"equivalent  {mutant}\n            {declaration.reason}")
    for mutant, declaration in result.wrong:
        typer.echo(f"wrong       {mutant} is declared to mean the same ({declaration}), but a test notices it")
    for declaration in result.stale:
        typer.echo(f"stale       {declaration} is declared to mean the same, but there is no such mutant")
    typer.echo(
        f"{result.killed} noticed, {len(result.survivors)} survived, {len(result.equivalents)} equivalent: "
        f"score {result.ratio:.3f}, at least {options.minimum:g} is wanted"
    )
