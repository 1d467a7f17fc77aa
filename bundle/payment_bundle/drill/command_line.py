"""The options of ``payobs drill``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.completion import complete_drills
from payment_bundle.extending.loading import load_sound
from payment_bundle.machine_output import Output, OutputOption, print_document
from payment_bundle.options import FINDINGS, ConfigOption


def drill(  # noqa: PLR0913 - one flag for each choice
    incidents: Annotated[
        list[str] | None,
        typer.Argument(help="Drills or incidents; all when left out.", autocompletion=complete_drills),
    ] = None,
    config: ConfigOption = Path("bundle.yaml"),
    *,
    speed: Annotated[float, typer.Option(min=1, max=120, help="How many times as fast windows and waits are.")] = 60,
    real_time: Annotated[bool, typer.Option("--real-time", help="As fast as it is: hours.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Print the drills, and run none.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and do nothing.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Directory of the report and the post-mortems.")] = Path("drills"),
    keep: Annotated[Path | None, typer.Option(help="Directory for logs and data that outlives the drills.")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Bring incidents about on a live house: are the right people told, soon, and nobody else? Exit code 1: no."""
    from payment_bundle.drill import command  # noqa: PLC0415 - generate and check do without its packages

    options = command.DrillOptions(tuple(incidents or ()), 1 if real_time else speed, out, keep)
    is_json = output is Output.JSON
    if listed or dry_run:
        drills = command.chosen(options.names)
        if is_json:
            print_document("drill", ok=True, drills=command.plain(drills, options.speed))
            return
        for line in command.described(drills, options.speed, steps=dry_run):
            typer.echo(line)
        return
    passed = command.run_drills(load_sound(config), options, partial(typer.echo, err=is_json))
    if is_json:
        print_document("drill", ok=passed, **command.written_report(options))
    if not passed:
        raise typer.Exit(FINDINGS)
