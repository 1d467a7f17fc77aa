"""``payobs generate --fleet`` and ``payobs check --fleet``."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from payment_bundle.backtest.progress_bar import progress_bar
from payment_bundle.fleet.checking import check_fleet
from payment_bundle.fleet.generation import Fleet, generate_fleet
from payment_bundle.fleet.teamwork import Team
from payment_bundle.machine_output import Output, print_document
from payment_bundle.options import FINDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.fleet.generation import Outcome
    from payment_bundle.fleet.writing import Written


def fleet_of(  # noqa: PLR0913 - one argument for each flag
    directory: Path, out: Path, jobs: int, parts: frozenset[str], only: str = "", *, dry_run: bool = False
) -> Fleet:
    """Return the fleet that the flags name."""
    names = tuple(name.strip() for name in only.split(",") if name.strip())
    return Fleet(directory, out, jobs or len(os.sched_getaffinity(0)), parts, names, dry_run)


def generate(fleet: Fleet, output: Output) -> None:
    """Generate a fleet and say what was done. Exit code 1: some file is broken, or some directory not written."""
    with Team(fleet.jobs) as team, progress_bar() as tell:
        outcome = generate_fleet(fleet, team, tell)
    if output is Output.JSON:
        _print_outcome(fleet, outcome)
    else:
        _tell_outcome(fleet, outcome)
    if outcome.broken:
        raise typer.Exit(FINDINGS)


def _print_outcome(fleet: Fleet, outcome: Outcome) -> None:
    print_document(
        "generate",
        ok=not outcome.broken,
        out=str(fleet.out),
        dry_run=fleet.dry_run,
        written=_plain(outcome.written),
        removed=_plain(outcome.removed),
        unchanged=outcome.unchanged,
        notes=outcome.notes,
        broken=outcome.broken,
    )


def _plain(done: list[Written]) -> list[dict[str, object]]:
    kept = ("path", "added", "changed", "removed", "edited")
    return [{name: value for name, value in asdict(one).items() if name in kept} for one in _ordered(done)]


def _tell_outcome(fleet: Fleet, outcome: Outcome) -> None:
    for sign, done in (("~", outcome.written), ("-", outcome.removed)):
        for one in _ordered(done):
            typer.echo(f"  {sign} {one}")
    for note in outcome.notes:
        typer.echo(f"  ! {note}")
    for problem in outcome.broken:
        typer.echo(f"payobs: {problem}", err=True)
    typer.echo(
        f"{fleet.out}: {len(outcome.written)} written, {outcome.unchanged} unchanged, "
        f"{len(outcome.removed)} removed, {len(outcome.broken)} broken"
        f"{' (dry run, nothing written)' if fleet.dry_run else ''}"
    )


def _ordered(done: list[Written]) -> list[Written]:
    return sorted(done, key=lambda found: found.path)


def check(fleet: Fleet, output: Output, *, quick: bool) -> None:
    """Check a fleet and say what was found. Exit code 1: something was."""
    told: list[dict[str, object]] = []
    total = 0
    with Team(fleet.jobs) as team, progress_bar() as tell:
        for checked in check_fleet(fleet, team, tell, quick=quick):
            told.append(asdict(checked))
            total += len(checked.findings)
            if output is Output.TEXT:
                for reason in checked.not_run:
                    typer.echo(f"--    {checked.path}: {reason}")
                if checked.findings:
                    typer.echo("\n      ".join((f"FAIL  {checked.path}".rstrip(), *checked.findings)))
    if output is Output.JSON:
        print_document("check", ok=not total, services=told)
    else:
        typer.echo(f"ok    {sum(not one['findings'] for one in told)} of the fleet")
    if total:
        typer.echo(f"{total} finding(s)", err=True)
        raise typer.Exit(FINDINGS)
