"""The options of ``payobs preview``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.completion import complete_dashboards
from payment_bundle.demo.ports import Ports
from payment_bundle.extending.loading import load_sound_catalog
from payment_bundle.options import FINDINGS, ConfigOption, PortOption


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
    from payment_bundle.preview import command  # noqa: PLC0415 - generate and check do without its packages
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
