"""The options of ``payobs postmortem``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.completion import complete_incidents
from payment_bundle.extending.loading import load_sound_catalog
from payment_bundle.options import FINDINGS, ConfigOption


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
    from payment_bundle.postmortem import command  # noqa: PLC0415 - generate and check do without its packages
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
