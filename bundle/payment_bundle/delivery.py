"""``payobs push WHAT``: what leads from the catalogue to running servers, and what its commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from payment_bundle.account import Key, read_account
from payment_bundle.extending.loading import load_sound_catalog
from payment_bundle.options import FINDINGS, ConfigOption
from payment_bundle.token_file import exposure, read_token

if TYPE_CHECKING:
    from payment_bundle.account import Account
    from payment_bundle.grafana.connection import Server
    from payment_catalog.settings import Settings

push = typer.Typer(help="Send what is generated to running servers.", no_args_is_help=True)

UrlOption = Annotated[str, typer.Option(help="Address of the server; that of the settings when left out.")]
TokenOption = Annotated[Path | None, typer.Option(help="File with the token of a service account, on one line.")]
UsernameOption = Annotated[str, typer.Option(help="Account, with --password-file.")]
PasswordOption = Annotated[Path | None, typer.Option(help="File with the account's password, on one line.")]
KeyOption = Annotated[
    Path | None, typer.Option(help="File with an API key in the encoded form, instead of an account.")
]
SpaceOption = Annotated[str, typer.Option(help="Identifier of the space; the default one when left out.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")]
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
    dry_run: DryRunOption = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what somebody saved in Grafana.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete our dashboards in the folder that are no longer generated.")
    ] = False,
) -> None:
    """Send the dashboards that differ. Exit code 1: something could not be pushed."""
    from payment_bundle.grafana import command  # noqa: PLC0415 - generate and check need no network
    from payment_bundle.grafana.api import GrafanaApi  # noqa: PLC0415
    from payment_bundle.grafana.connection import GrafanaError  # noqa: PLC0415
    from payment_bundle.grafana.plan import home_of  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    settings, wanted = catalog.settings, command.generated_dashboards(catalog)
    options = command.PushOptions(dry_run, force, prune)
    with GrafanaApi(grafana_server(settings, url, token_file, timeout, ca_file)) as api:
        try:
            done = command.push(wanted, api, home_of(settings, folder), options, typer.echo)
        except GrafanaError as error:
            typer.echo(f"payobs: {error}", err=True)
            done = False
    if not done:
        raise typer.Exit(FINDINGS)


def grafana_server(
    settings: Settings, url: str, token_file: Path | None, timeout: float, ca_file: Path | None
) -> Server:
    """Return the Grafana that the options name, and warn where its token is open to others."""
    from payment_bundle.grafana.connection import Server  # noqa: PLC0415 - as for push

    if token_file is not None:
        token = read_token(token_file)
        if warning := exposure(token_file):
            typer.echo(f"payobs: warning: {warning}", err=True)
    else:
        token = ""
    return Server(address(url) or settings.urls.grafana, token, timeout, ca_file)


def account_of(username: str, password_file: Path | None, key_file: Path | None, key: Key = Key.API_KEY) -> Account:
    """Return the account that the options name, and warn where its file is open to others."""
    account = read_account(username, password_file, key_file, key)
    if account.warning:
        typer.echo(f"payobs: warning: {account.warning}", err=True)
    return account


def address(url: str) -> str:
    """Return ``url`` without a slash at its end; refused is what may hold a password, which errors would show."""
    from payment_catalog.settings.texts import Url  # noqa: PLC0415 - takes its time

    try:
        return TypeAdapter(Url).validate_python(url).rstrip("/") if url else ""
    except ValidationError:
        raise typer.BadParameter(
            "expected an address such as https://grafana.example.com/path, without name and password",
            param_hint="--url",
        ) from None
