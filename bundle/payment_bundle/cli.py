"""The command ``payobs``. Exit codes: 0 fine, 1 findings, 2 bad usage or settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.archive import archive
from payment_bundle.backtest.command_line import backtest
from payment_bundle.capacity.command import capacity
from payment_bundle.catalog_browser.command import catalog as browse_catalog
from payment_bundle.changes import plan_changes
from payment_bundle.completion import complete_alerts, complete_parts
from payment_bundle.delivery import push
from payment_bundle.demo.command_line import demo
from payment_bundle.differences.command_line import diff
from payment_bundle.drill.command_line import drill
from payment_bundle.extending.loading import load_catalog, load_sound_catalog
from payment_bundle.fleet.flags import FleetOption, JobsOption, PartsOption  # noqa: TC001 - typer reads it
from payment_bundle.import_rules.command import import_rules
from payment_bundle.init.command_line import init
from payment_bundle.log_delivery import push_elasticsearch, push_kibana
from payment_bundle.logs_trace.command import logs
from payment_bundle.machine_output import Output, OutputOption
from payment_bundle.manifest import manifest_of, read_manifest
from payment_bundle.options import FINDINGS, USAGE, ConfigOption
from payment_bundle.parts import PARTS, part_of
from payment_bundle.postmortem.command_line import postmortem
from payment_bundle.preview.command_line import preview
from payment_bundle.rendering import render_all
from payment_bundle.ruler.command_line import push_alertmanager, push_rules
from payment_bundle.run_report import report_changes, report_checks, report_refused
from payment_bundle.tree import apply_changes, locked
from payment_catalog.errors import ForeseenError

app = typer.Typer(
    help="The runbook of a payment service as dashboards, alerts, routing and logs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
push.command("elasticsearch")(push_elasticsearch)
push.command("kibana")(push_kibana)
push.command("rules")(push_rules)
push.command("alertmanager")(push_alertmanager)
app.add_typer(push, name="push")
app.add_typer(diff, name="diff")
app.command()(archive)
app.add_typer(logs, name="logs")
app.command()(backtest)
app.command()(capacity)
app.command()(init)
app.command("catalog")(browse_catalog)
app.command("import-rules")(import_rules)

OutOption = Annotated[Path, typer.Option("--out", help="Directory of the generated files.")]


@app.command()
def generate(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    out: OutOption = Path("generated"),
    only: Annotated[
        str,
        typer.Option(
            help=f"Parts ({', '.join(PARTS)}), of a fleet services, with commas.", autocompletion=complete_parts
        ),
    ] = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    fleet: FleetOption = None,
    jobs: JobsOption = 0,
    fleet_parts: PartsOption = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Write dashboards, rules, routing, logging and runbook pages; a failed run changes nothing."""
    if fleet is not None:
        from payment_bundle.fleet import command_line  # noqa: PLC0415 - help and Tab do without all rooms

        wanted = command_line.fleet_of(fleet, out, jobs, _parts(fleet_parts), only, dry_run=dry_run)
        command_line.generate(wanted, output)
        return
    from payment_bundle.checks import generated, source_findings  # noqa: PLC0415

    parts = _parts(only)
    catalog = load_catalog(config)
    made = generated(catalog)
    documents = {path: document for path, document in made.documents.items() if part_of(path) in parts}
    rendered = render_all(documents)
    findings = made.unreadable or source_findings(rendered, made.declared, catalog.additions)
    if findings:
        report_refused(out, findings, output)
        raise typer.Exit(FINDINGS)
    with locked(out):
        old = read_manifest(out)
        kept = {path: entry for path, entry in old.items() if part_of(path) not in parts}
        new = {**kept, **manifest_of(documents, rendered)}
        changes = plan_changes(out, old, new, rendered)
        if not dry_run and not changes.is_empty:
            apply_changes(out, rendered, changes)
    report_changes(out, changes, output, dry_run=dry_run)


@app.command()
def check(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    out: OutOption = Path("generated"),
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Leave the unit tests of the rules out.")] = False,
    fleet: FleetOption = None,
    jobs: JobsOption = 0,
    fleet_parts: PartsOption = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Check generated files: drift, expressions, Fluentd, promtool and amtool."""
    if fleet is not None:
        from payment_bundle.fleet import command_line  # noqa: PLC0415 - as for generate

        command_line.check(command_line.fleet_of(fleet, out, jobs, _parts(fleet_parts)), output, quick=quick)
        return
    from payment_bundle.checks import checks  # noqa: PLC0415

    if not report_checks(checks(load_catalog(config), out, quick=quick), output):
        raise typer.Exit(FINDINGS)


@app.command()
def mutate(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    only: Annotated[
        list[str] | None,
        typer.Option(help="An alert, with the recording rules that it reads.", autocompletion=complete_alerts),
    ] = None,
    *,
    minimum: Annotated[float, typer.Option(min=0, max=1, help="Share of the changes that must be noticed.")] = 0.95,
    jobs: Annotated[int, typer.Option(min=0, max=256, help="promtools at once; 0 is one for each core.")] = 0,
    listed: Annotated[bool, typer.Option("--list", help="Print the changes, and try none.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print equivalent changes too, with the reason.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Change every rule in small ways and count which changes its unit tests notice."""
    from payment_bundle.mutate import MutateOptions, run_mutate  # noqa: PLC0415 - as for generate

    options = MutateOptions(tuple(only or ()), minimum, jobs, listed, verbose, output)
    if not run_mutate(load_sound_catalog(config), options):
        raise typer.Exit(FINDINGS)


app.command()(postmortem)
app.command()(preview)
app.command()(demo)
app.command()(drill)


def main() -> None:
    """Run the command and turn every foreseen error into one line."""
    try:
        app()
    except ForeseenError as error:
        typer.echo(f"payobs: {error}", err=True)
        sys.exit(USAGE)


def _parts(only: str) -> frozenset[str]:
    named = frozenset(part.strip() for part in only.split(",") if part.strip())
    unknown = sorted(named - set(PARTS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: no such part; there are {', '.join(PARTS)}")
    return named or frozenset(PARTS)
