"""The command ``payobs``. Exit codes: 0 fine, 1 findings, 2 bad usage or settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.archive import archive
from payment_bundle.backtest.command_line import backtest
from payment_bundle.changes import Changes, plan_changes
from payment_bundle.checks import checks, generated, source_findings
from payment_bundle.delivery import diff, push
from payment_bundle.demo.ports import Ports
from payment_bundle.fleet.command_line import FleetOption, JobsOption, fleet_of
from payment_bundle.fleet.command_line import check as _check_fleet
from payment_bundle.fleet.command_line import generate as _generate_fleet
from payment_bundle.generation import PARTS, part_of
from payment_bundle.log_delivery import push_elasticsearch, push_kibana
from payment_bundle.logs_trace.command import logs
from payment_bundle.manifest import manifest_of, read_manifest
from payment_bundle.not_run import NotRun
from payment_bundle.options import FINDINGS, USAGE, ConfigOption
from payment_bundle.rendering import render_all
from payment_bundle.tree import apply_changes, locked
from payment_catalog.catalog import build_catalog
from payment_catalog.errors import ForeseenError
from payment_catalog.loading import load_settings

if TYPE_CHECKING:
    from payment_catalog.findings import Finding

app = typer.Typer(
    help="The runbook of a payment service as dashboards, alerts, routing and logs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
push.command("elasticsearch")(push_elasticsearch)
push.command("kibana")(push_kibana)
app.add_typer(push, name="push")
app.add_typer(diff, name="diff")
app.command()(archive)
app.add_typer(logs, name="logs")
app.command()(backtest)

PortOption = Annotated[int, typer.Option(min=1, max=65535)]
OutOption = Annotated[Path, typer.Option("--out", help="Directory of the generated files.")]


@app.command()
def generate(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    out: OutOption = Path("generated"),
    only: Annotated[str, typer.Option(help=f"Parts ({', '.join(PARTS)}), of a fleet services, with commas.")] = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    fleet: FleetOption = None,
    jobs: JobsOption = 0,
) -> None:
    """Write dashboards, rules, routing, logging and runbook pages; a failed run changes nothing."""
    if fleet is not None:
        _generate_fleet(fleet_of(fleet, out, jobs, only, dry_run=dry_run))
        return
    parts = _parts(only)
    catalog = build_catalog(load_settings(config))
    made = generated(catalog)
    documents = {path: document for path, document in made.documents.items() if part_of(path) in parts}
    rendered = render_all(documents)
    findings = made.unreadable or source_findings(rendered, made.declared)
    if findings:
        _report(findings)
        typer.echo(f"{len(findings)} finding(s); nothing was written", err=True)
        raise typer.Exit(FINDINGS)
    with locked(out):
        old = read_manifest(out)
        kept = {path: entry for path, entry in old.items() if part_of(path) not in parts}
        new = {**kept, **manifest_of(documents, rendered)}
        changes = plan_changes(out, old, new, rendered)
        if not dry_run and not changes.is_empty:
            apply_changes(out, rendered, changes)
    _summarise(out, changes, dry_run=dry_run)


@app.command()
def check(
    config: ConfigOption = Path("bundle.yaml"),
    out: OutOption = Path("generated"),
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Leave the unit tests of the rules out.")] = False,
    fleet: FleetOption = None,
    jobs: JobsOption = 0,
) -> None:
    """Check generated files: drift, expressions, Fluentd, promtool and amtool."""
    if fleet is not None:
        _check_fleet(fleet_of(fleet, out, jobs, ""), quick=quick)
        return
    total = 0
    for item in checks(load_settings(config), out, quick=quick):
        try:
            findings = item.run()
        except NotRun as reason:
            typer.echo(f"--    {item.name}: not run: {reason}")
            continue
        total += len(findings)
        typer.echo(f"{'ok  ' if not findings else 'FAIL'}  {item.name}")
        _report(findings)
    if total:
        typer.echo(f"{total} finding(s)", err=True)
        raise typer.Exit(FINDINGS)


@app.command()
def mutate(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    only: Annotated[list[str] | None, typer.Option(help="An alert, with the recording rules that it reads.")] = None,
    *,
    minimum: Annotated[float, typer.Option(min=0, max=1, help="Share of the changes that must be noticed.")] = 0.95,
    jobs: Annotated[int, typer.Option(min=0, max=256, help="promtools at once; 0 is one for each core.")] = 0,
    listed: Annotated[bool, typer.Option("--list", help="Print the changes, and try none.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print equivalent changes too, with the reason.")] = False,
) -> None:
    """Change every rule in small ways and count which changes its unit tests notice."""
    from payment_bundle.mutate import MutateOptions, run_mutate  # noqa: PLC0415 - as for the demo

    options = MutateOptions(tuple(only or ()), minimum, jobs, listed, verbose)
    if not run_mutate(build_catalog(load_settings(config)), options):
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
    incident: Annotated[str, typer.Option(help="Only alerts of this incident, such as high-error-rate.")] = "",
    title: Annotated[str, typer.Option(help="Title of the document.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; standard output when left out.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it is there.")] = False,
) -> None:
    """Write a post-mortem, with timeline and figures from what Prometheus remembers. Exit code 1: nothing fired."""
    from payment_bundle.postmortem import command  # noqa: PLC0415 - as for the demo
    from payment_bundle.prometheus_api import PrometheusApi  # noqa: PLC0415
    from payment_bundle.token_file import read_token  # noqa: PLC0415

    settings = load_settings(config)
    options = command.PostMortemOptions(
        command.parse_time("--from", start), command.parse_time("--to", end), environment, incident, title
    )
    token = read_token(token_file) if token_file else ""
    api = PrometheusApi(prometheus.rstrip("/") or settings.urls.prometheus, token, timeout=60)
    document = command.write_post_mortem(build_catalog(settings), api, options)
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
    dashboard: Annotated[list[str] | None, typer.Option(help="Only this one, by its uid; all when left out.")] = None,
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
    settings = load_settings(config)
    api = PrometheusApi(
        prometheus.rstrip("/") or settings.urls.prometheus, read_token(token_file) if token_file else ""
    )
    catalog = build_catalog(settings)
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
    run_demo(load_settings(config), ports, DemoOptions(rate, attack, seconds, keep))


@app.command()
def drill(  # noqa: PLR0913 - one flag for each choice
    incidents: Annotated[list[str] | None, typer.Argument(help="Drills or incidents; all when left out.")] = None,
    config: ConfigOption = Path("bundle.yaml"),
    *,
    speed: Annotated[float, typer.Option(min=1, max=120, help="How many times as fast windows and waits are.")] = 60,
    real_time: Annotated[bool, typer.Option("--real-time", help="As fast as it is: hours.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Print the drills, and run none.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and do nothing.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Directory of the report and the post-mortems.")] = Path("drills"),
    keep: Annotated[Path | None, typer.Option(help="Directory for logs and data that outlives the drills.")] = None,
) -> None:
    """Bring incidents about on a live house: are the right people told, soon, and nobody else? Exit code 1: no."""
    from payment_bundle.drill import command  # noqa: PLC0415 - as for the demo

    options = command.DrillOptions(tuple(incidents or ()), 1 if real_time else speed, out, keep)
    if listed or dry_run:
        for line in command.described(command.chosen(options.names), options.speed, steps=dry_run):
            typer.echo(line)
        return
    if not command.run_drills(load_settings(config), options, typer.echo):
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


def _report(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        typer.echo(f"      {finding}")


def _summarise(out: Path, changes: Changes, *, dry_run: bool) -> None:
    for sign, paths in (("+", changes.added), ("~", changes.changed), ("-", changes.removed)):
        for path in paths:
            typer.echo(f"  {sign} {path}")
    for path in changes.edited:
        typer.echo(f"  ! {path}: no longer generated, but edited by hand; kept")
    figures = (
        f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed, "
        f"{len(changes.unchanged)} unchanged"
    )
    typer.echo(f"{out}: {figures}{' (dry run, nothing written)' if dry_run else ''}")
