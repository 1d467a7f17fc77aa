"""The command ``payobs``. Exit codes: 0 fine, 1 findings, 2 bad usage or settings."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.archive import archive
from payment_bundle.backtest.command_line import backtest
from payment_bundle.capacity.command import capacity
from payment_bundle.catalog_browser.command import catalog as browse_catalog
from payment_bundle.changes import plan_changes
from payment_bundle.completion import (
    complete_alerts,
    complete_dashboards,
    complete_drills,
    complete_incidents,
    complete_parts,
)
from payment_bundle.delivery import push
from payment_bundle.demo.ports import Ports
from payment_bundle.differences.command_line import diff
from payment_bundle.extending.loading import load_catalog, load_sound, load_sound_catalog
from payment_bundle.fleet.flags import FleetOption, JobsOption, PartsOption  # noqa: TC001 - typer reads it
from payment_bundle.import_rules.command import import_rules
from payment_bundle.init.command_line import init
from payment_bundle.log_delivery import push_elasticsearch, push_kibana
from payment_bundle.logs_trace.command import logs
from payment_bundle.machine_output import Output, OutputOption, print_document
from payment_bundle.manifest import manifest_of, read_manifest
from payment_bundle.options import FINDINGS, USAGE, ConfigOption
from payment_bundle.parts import PARTS, part_of
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

PortOption = Annotated[int, typer.Option(min=1, max=65535)]
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
    from payment_bundle.mutate import MutateOptions, run_mutate  # noqa: PLC0415 - as for the demo

    options = MutateOptions(tuple(only or ()), minimum, jobs, listed, verbose, output)
    if not run_mutate(load_sound_catalog(config), options):
        raise typer.Exit(FINDINGS)


@app.command()
def postmortem(  # noqa: PLR0913 - one flag for each choice
    start: Annotated[str, typer.Option("--from", help="Begin of the incident, such as 2026-11-25T10:00Z.")],
    end: Annotated[str, typer.Option("--to", help="Its end.")],
    config: ConfigOption = Path("bundle.yaml"),
    *,
    prometheus: Annotated[str, typer.Option(help="Address of Prometheus; that of the settings when left out.")] = "",
    token_file: Annotated[Path | None, typer.Option(help="File with a token that Prometheus' proxy asks for.")] = None,
    environment: Annotated[str, typer.Option(help="Only this environment's alerts.")] = "",
    incident: Annotated[
        str,
        typer.Option(help="Only alerts of this incident, such as high-error-rate.", autocompletion=complete_incidents),
    ] = "",
    title: Annotated[str, typer.Option(help="Title of the document.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; standard output when left out.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it is there.")] = False,
) -> None:
    """Write a post-mortem, with timeline and figures from what Prometheus remembers. Exit code 1: nothing fired."""
    from payment_bundle.postmortem import command  # noqa: PLC0415 - as for the demo
    from payment_bundle.prometheus_api import PrometheusApi  # noqa: PLC0415
    from payment_bundle.token_file import read_token  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    options = command.PostMortemOptions(
        command.parse_time("--from", start), command.parse_time("--to", end), environment, incident, title
    )
    token = read_token(token_file) if token_file else ""
    api = PrometheusApi(prometheus.rstrip("/") or catalog.settings.urls.prometheus, token, timeout=60)
    document = command.write_post_mortem(catalog, api, options)
    if document is None:
        typer.echo("no alert fired in that time", err=True)
        raise typer.Exit(FINDINGS)
    if out is None:
        typer.echo(document, nl=False)
    else:
        command.save(document, out, force=force)
        typer.echo(f"{out}: written; complete what stands in brackets")


@app.command()
def preview(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    prometheus: Annotated[str, typer.Option(help="Address of Prometheus; that of the settings when left out.")] = "",
    token_file: Annotated[Path | None, typer.Option(help="File with a token that Prometheus' proxy asks for.")] = None,
    dashboard: Annotated[
        list[str] | None,
        typer.Option(help="Only this one, by its uid; all when left out.", autocompletion=complete_dashboards),
    ] = None,
    var: Annotated[list[str] | None, typer.Option(help="A choice, such as environment=production.")] = None,
    last: Annotated[
        str, typer.Option("--range", help="The time until now, such as 1h; the dashboard's own else.")
    ] = "",
    start: Annotated[str, typer.Option("--from", help="Begin, such as 2026-11-25T10:00Z or now-6h.")] = "",
    end: Annotated[str, typer.Option("--to", help="End.")] = "",
    out: Annotated[Path, typer.Option("--out", help="Directory for a page of each dashboard.")] = Path("preview"),
    png: Annotated[bool, typer.Option("--png", help="Write a picture of each page too; needs Chromium.")] = False,
    light: Annotated[bool, typer.Option("--light", help="Pictures in the light theme.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the live page instead of writing pages.")] = False,
    port: PortOption = Ports.preview,
) -> None:
    """Show the dashboards without Grafana, from a Prometheus. Exit code 1: something could not be asked."""
    from payment_bundle.preview import command  # noqa: PLC0415 - as for the demo
    from payment_bundle.prometheus_api import PrometheusApi  # noqa: PLC0415
    from payment_bundle.token_file import read_token  # noqa: PLC0415

    if last and (start or end):
        raise typer.BadParameter("--range and --from, --to exclude each other")
    catalog = load_sound_catalog(config)
    api = PrometheusApi(
        prometheus.rstrip("/") or catalog.settings.urls.prometheus, read_token(token_file) if token_file else ""
    )
    if serve:
        command.serve_until_signal(catalog, api, port, typer.echo)
        return
    options = command.PreviewOptions(
        out, tuple(dashboard or ()), tuple(var or ()), f"now-{last}" if last else start, end, png, light
    )
    if not command.run_preview(catalog, api, options, typer.echo):
        raise typer.Exit(FINDINGS)


@app.command()
def demo(  # noqa: PLR0913 - one flag for each port
    config: ConfigOption = Path("bundle.yaml"),
    *,
    service_port: PortOption = Ports.service,
    exporter_port: PortOption = Ports.exporter,
    prometheus_port: PortOption = Ports.prometheus,
    alertmanager_port: PortOption = Ports.alertmanager,
    preview_port: PortOption = Ports.preview,
    receiver_port: PortOption = Ports.receiver,
    gateway_port: PortOption = Ports.gateway,
    redis_port: PortOption = Ports.redis,
    debug_port: PortOption = Ports.debug,
    rate: Annotated[float, typer.Option(min=0.1, max=100, help="Payments a second.")] = 5,
    attack: Annotated[
        bool, typer.Option("--attack", help="Guess keys and scan paths until the security alerts fire.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0, help="End after this time; 0 runs until Ctrl-C.")] = 0,
    keep: Annotated[Path | None, typer.Option(help="Directory for logs and data that outlives the demo.")] = None,
) -> None:
    """Run service, gateway simulator, traffic, exporter, Prometheus and Alertmanager on this machine."""
    from payment_bundle.demo.command import DemoOptions, run_demo  # noqa: PLC0415 - generate and check do without its packages

    ports = Ports(
        service_port,
        exporter_port,
        prometheus_port,
        alertmanager_port,
        preview_port,
        receiver_port,
        gateway_port,
        redis_port,
        debug_port,
    )
    run_demo(load_sound(config), ports, DemoOptions(rate, attack, seconds, keep))


@app.command()
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
    from payment_bundle.drill import command  # noqa: PLC0415 - as for the demo

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
