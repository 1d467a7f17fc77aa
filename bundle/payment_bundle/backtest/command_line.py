"""The options of ``payobs backtest``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.options import FINDINGS, INTERRUPTED, ConfigOption
from payment_catalog.durations import parse_duration

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_bundle.backtest.report.content import Report
    from payment_bundle.extending.loading import Extended

_QUICK_WEEKS, _QUICK_RESOLUTION = 1, "1m"


class Output(StrEnum):
    """What is printed."""

    TABLES = "tables"
    JSON = "json"


def backtest(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another history.")] = 1,
    weeks: Annotated[int, typer.Option(min=1, max=52, help="Length of the history.")] = 8,
    instances: Annotated[int, typer.Option(min=1, max=50, help="Instances of the service.")] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="One week at 1m: too short for many kinds.")] = False,
    resolution: Annotated[str, typer.Option(help="Between two scrapes and two evaluations.")] = "30s",
    known: Annotated[Path | None, typer.Option(help="File of incidents that really happened, to judge by.")] = None,
    prometheus: Annotated[str, typer.Option(help="With --known: its address; that of the settings if left out.")] = "",
    start: Annotated[str, typer.Option("--from", help="With --known: begin, such as 2026-11-25T10:00Z.")] = "",
    end: Annotated[str, typer.Option("--to", help="With --known: end.")] = "",
    token_file: Annotated[Path | None, typer.Option(help="File with a token that Prometheus' proxy asks for.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Processes, and questions to Prometheus, at once.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Directory for report.md, report.html and report.json.")] = None,
    output: Annotated[Output, typer.Option(help="What to print.")] = Output.TABLES,
) -> None:
    """Judge the alerts by weeks of labelled incidents, simulated or known. Exit code 1: a goal is missed."""
    from payment_bundle.backtest import command  # noqa: PLC0415 - generate and check do without its packages
    from payment_bundle.extending.loading import load_sound  # noqa: PLC0415

    extended = load_sound(config)
    if quick:
        weeks, resolution = _QUICK_WEEKS, _QUICK_RESOLUTION
    if known is None and (prometheus or start or end or token_file):
        raise typer.BadParameter("--prometheus, --from, --to and --token-file need --known, a file of incidents")
    try:
        if known is None:
            simulation = command.Simulation(seed, weeks, instances, _duration(resolution))
            report = command.simulated(extended, simulation, jobs, _tell)
        else:
            report = _remembered(extended, prometheus, token_file, (known, start, end, _duration(resolution)), jobs)
        told = command.deliver(report, out, sys.stdout, _tell, is_json=output is Output.JSON)
    except KeyboardInterrupt:
        _tell("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    if not told:
        raise typer.Exit(FINDINGS)


def _remembered(
    extended: Extended,
    prometheus: str,
    token_file: Path | None,
    asked: tuple[Path, str, str, timedelta],
    jobs: int,
) -> Report:
    from payment_bundle.backtest import command  # noqa: PLC0415
    from payment_bundle.postmortem.command import parse_time  # noqa: PLC0415
    from payment_bundle.prometheus_api import PrometheusApi  # noqa: PLC0415
    from payment_bundle.token_file import read_token  # noqa: PLC0415

    file, start, end, resolution = asked
    if not (start and end):
        raise typer.BadParameter("--known needs --from and --to, the time that the file is about")
    token = read_token(token_file) if token_file else ""
    api = PrometheusApi(prometheus.rstrip("/") or extended.settings.urls.prometheus, token, timeout=60)
    known = command.Known(file, parse_time("--from", start), parse_time("--to", end), resolution)
    return command.remembered(extended, api, known, jobs)


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"--resolution: {error}, found {text!r}") from None


def _tell(line: str) -> None:
    typer.echo(line, err=True)
