"""The command: from a file of lines to what became of them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.fluentd_program import ABSENT, find_fluentd
from payment_bundle.logs_trace.printing import for_machines, for_people, summary
from payment_bundle.logs_trace.run import FluentdRun
from payment_bundle.machine_output import Output, OutputOption, print_document
from payment_bundle.options import FINDINGS, ConfigOption
from payment_catalog.errors import ForeseenError
from payment_catalog.loading import load_settings
from payment_logging.trace.container_file import container_file, tail_source
from payment_logging.trace.expectation import chain, expectations
from payment_logging.trace.joining import entries
from payment_logging.trace.lines import LineFormat, container_lines, recognised
from payment_logging.trace.outputs import CHUNK, outputs
from payment_logging.variants import Variant, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.logs_trace.run import Run
    from payment_logging.trace.container_file import ContainerFile
    from payment_logging.variants import Part

logs = typer.Typer(help="The pipeline of the logs.", no_args_is_help=True)

_STDIN = Path("-")


@logs.command()
def trace(  # noqa: PLR0913 - one flag for each choice
    file: Annotated[Path, typer.Argument(help="Lines of a log; - is standard input.")],
    config: ConfigOption = Path("bundle.yaml"),
    *,
    variant: Annotated[Variant, typer.Option(help="Whose pipeline.")] = Variant.NODE,
    written_as: Annotated[
        LineFormat | None, typer.Option("--format", help="Who wrote the lines; recognised when left out.")
    ] = None,
    output: OutputOption = Output.TEXT,
    timeout: Annotated[float, typer.Option(min=1, max=600, help="Seconds for Fluentd to read, and to end.")] = 60,
) -> None:
    """Follow lines through Fluentd: where each goes, and how it looks there; nothing is sent anywhere.

    Without Fluentd on PATH, what the configuration says. Exit code 1: a line could not be read, or is lost.
    """
    settings = load_settings(config)
    pipeline = parts(variant, settings)
    source = tail_source(pipeline)
    if source is None:
        raise typer.BadParameter(
            "an aggregator reads no log files: it stores what a forwarder sends as the variant node does",
            param_hint="--variant",
        )
    given = _lines(file)
    as_file = container_file(source, file.name, settings)
    found_format = written_as or recognised(given)
    lines = container_lines(given, found_format, datetime.now(UTC))
    records = entries(lines)
    program = find_fluentd()
    if program:
        run = FluentdRun(program, timeout).over(pipeline, as_file, lines, records)
        traced, remarks, read_by = run.traced, tuple(_of_run(run, program)), "fluentd"
    else:
        traced, read_by = expectations(pipeline, as_file, records), "configuration"
        remarks = (
            f"{ABSENT}: what follows is read from the configuration; nothing was run",
            *(f"  {step}" for step in chain(pipeline, as_file)),
        )
    for remark in (*remarks, *_of_file(as_file, found_format), *_of_places(pipeline)):
        typer.echo(remark, err=output is Output.JSON)
    ok = not any(each.is_finding for each in traced)
    if output is Output.JSON:
        print_document("logs trace", ok=ok, records=list(for_machines(traced, read_by)))
    else:
        for line in for_people(traced):
            typer.echo(line)
    typer.echo(summary(traced), err=True)
    if not ok:
        raise typer.Exit(FINDINGS)


def _of_run(run: Run, program: str) -> Iterator[str]:
    yield f"{program} was run with the pipeline's filters and matches; each output wrote a file, nothing was sent"
    yield "what the plugin for Elasticsearch changes by its parameters (id, fields, @timestamp) was changed here"
    if "kubernetes_metadata" not in run.without:
        yield "no cluster was asked: of pods there is only what the file's name says"
    for kind in run.without:
        yield f"the filter {kind} was left out: this Fluentd lacks its plugin"
    for unused in run.unused:
        yield f"Fluentd says: {unused}"


def _of_file(file: ContainerFile, written_as: LineFormat) -> Iterator[str]:
    if file.made_up:
        yield f"the pipeline reads no file of that name; followed as if it were {file.path}"
    else:
        yield f"read as {file.path}"
    wrapped = ", each wrapped as a line of the container runtime" if written_as is LineFormat.PLAIN else ""
    yield f"format {written_as}{wrapped}; tag {file.tag}"


def _of_places(pipeline: tuple[Part, ...]) -> Iterator[str]:
    if any(CHUNK in output.place for output in outputs(pipeline)):
        yield f"in names of objects {CHUNK} stands for the id of a chunk, which is another one each time"


def _lines(file: Path) -> list[bytes]:
    try:
        content = sys.stdin.buffer.read() if file == _STDIN else file.read_bytes()
    except OSError as error:
        raise ForeseenError(f"{file} cannot be read: {error.strerror}") from None
    lines = content.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise ForeseenError(f"{'standard input' if file == _STDIN else file} is empty: expected lines of a log")
    return lines
