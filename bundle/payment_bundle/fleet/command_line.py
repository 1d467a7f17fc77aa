"""What ``--fleet`` adds to ``payobs generate`` and ``payobs check``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.backtest.progress_bar import progress_bar
from payment_bundle.fleet.checking import check_fleet
from payment_bundle.fleet.generation import Fleet, generate_fleet
from payment_bundle.fleet.teamwork import Team
from payment_bundle.options import FINDINGS

FleetOption = Annotated[
    Path | None,
    typer.Option("--fleet", help="Directory with a settings file for each service; base.yaml is inherited."),
]
JobsOption = Annotated[int, typer.Option(min=0, max=256, help="Of a fleet, processes at once; 0: one for each core.")]


def fleet_of(directory: Path, out: Path, jobs: int, only: str, *, dry_run: bool = False) -> Fleet:
    """Return the fleet that the flags name."""
    names = tuple(name.strip() for name in only.split(",") if name.strip())
    return Fleet(directory, out, jobs or len(os.sched_getaffinity(0)), names, dry_run)


def generate(fleet: Fleet) -> None:
    """Generate a fleet and say what was done. Exit code 1: some file is broken, or some directory not written."""
    with Team(fleet.jobs) as team, progress_bar() as tell:
        outcome = generate_fleet(fleet, team, tell)
    for sign, done in (("~", outcome.written), ("-", outcome.removed)):
        for one in sorted(done, key=lambda found: found.path):
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
    if outcome.broken:
        raise typer.Exit(FINDINGS)


def check(fleet: Fleet, *, quick: bool) -> None:
    """Check a fleet and say what was found. Exit code 1: something was."""
    total, sound = 0, 0
    with Team(fleet.jobs) as team, progress_bar() as tell:
        for checked in check_fleet(fleet, team, tell, quick=quick):
            for reason in checked.not_run:
                typer.echo(f"--    {checked.path}: {reason}")
            if checked.findings:
                typer.echo(f"FAIL  {checked.path}" if checked.path else "FAIL")
                for finding in checked.findings:
                    typer.echo(f"      {finding}")
            sound += not checked.findings
            total += len(checked.findings)
    typer.echo(f"ok    {sound} of the fleet")
    if total:
        typer.echo(f"{total} finding(s)", err=True)
        raise typer.Exit(FINDINGS)
