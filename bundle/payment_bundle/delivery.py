"""``payobs push WHAT`` and ``payobs diff WHAT``: what leads from the catalogue to running servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from payment_bundle.options import FINDINGS, ConfigOption
from payment_bundle.token_file import exposure, read_token
from payment_catalog.catalog import build_catalog
from payment_catalog.grafana_names import folder_title, folder_uid
from payment_catalog.loading import load_settings
from payment_catalog.settings import Url

if TYPE_CHECKING:
    from payment_bundle.grafana.connection import Server
    from payment_catalog.settings import Settings

push = typer.Typer(help="Send what is generated to running servers.", no_args_is_help=True)
diff = typer.Typer(help="Compare running servers with what is generated.", no_args_is_help=True)


UrlOption = Annotated[str, typer.Option(help="Address of the server; that of the settings when left out.")]
TokenOption = Annotated[Path | None, typer.Option(help="File with the token of a service account, on one line.")]
FolderOption = Annotated[str, typer.Option(help="Title of the folder, where it is yet to be created.")]
TimeoutOption = Annotated[float, typer.Option(min=0.1, max=600, help="Seconds to wait for each answer.")]
CaOption = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, readable=True, help="Certificates (PEM) of the authorities to trust."),
]


@push.command("grafana")
def push_grafana(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    token_file: TokenOption = None,
    folder: FolderOption = "",
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what somebody saved in Grafana.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete our dashboards in the folder that are no longer generated.")
    ] = False,
) -> None:
    """Send the dashboards that differ. Exit code 1: something could not be pushed."""
    from payment_bundle.grafana import command  # noqa: PLC0415 - generate and check need no network
    from payment_bundle.grafana.api import GrafanaApi  # noqa: PLC0415
    from payment_bundle.grafana.connection import GrafanaError  # noqa: PLC0415
    from payment_bundle.grafana.found import Folder  # noqa: PLC0415

    settings = load_settings(config)
    wanted = command.generated_dashboards(build_catalog(settings))
    options = command.PushOptions(dry_run, force, prune)
    with GrafanaApi(_server(settings, url, token_file, timeout, ca_file)) as api:
        try:
            done = command.push(
                wanted,
                api,
                Folder(uid=folder_uid(settings), title=folder or folder_title(settings)),
                options,
                typer.echo,
            )
        except GrafanaError as error:
            typer.echo(f"payobs: {error}", err=True)
            done = False
    if not done:
        raise typer.Exit(FINDINGS)


@diff.command("grafana")
def diff_grafana(
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    token_file: TokenOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
) -> None:
    """Tell where Grafana's dashboards differ, panel by panel. Exit code 1: they differ."""
    from payment_bundle.grafana import command  # noqa: PLC0415 - as for push
    from payment_bundle.grafana.api import GrafanaApi  # noqa: PLC0415

    settings = load_settings(config)
    with GrafanaApi(_server(settings, url, token_file, timeout, ca_file)) as api:
        same = command.diff(
            command.generated_dashboards(build_catalog(settings)), api, folder_uid(settings), typer.echo
        )
    if not same:
        raise typer.Exit(FINDINGS)


def _server(settings: Settings, url: str, token_file: Path | None, timeout: float, ca_file: Path | None) -> Server:
    from payment_bundle.grafana.connection import Server  # noqa: PLC0415 - as for push

    if token_file is not None:
        token = read_token(token_file)
        if warning := exposure(token_file):
            typer.echo(f"payobs: warning: {warning}", err=True)
    else:
        token = ""
    return Server(address(url) or settings.urls.grafana, token, timeout, ca_file)


def address(url: str) -> str:
    """Return ``url`` without a slash at its end; refused is what may hold a password, which errors would show."""
    try:
        return TypeAdapter(Url).validate_python(url).rstrip("/") if url else ""
    except ValidationError:
        raise typer.BadParameter(
            "expected an address such as https://grafana.example.com/path, without name and password",
            param_hint="--url",
        ) from None
