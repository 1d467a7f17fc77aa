"""``payobs push rules`` and ``payobs push alertmanager``: what leads from options to a tenant of Mimir or Cortex."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.account import Key
from payment_bundle.delivery import (
    CaOption,
    DryRunOption,
    PasswordOption,
    TimeoutOption,
    TokenOption,
    UsernameOption,
    account_of,
    address,
)
from payment_bundle.extending.loading import load_sound_catalog
from payment_bundle.options import FINDINGS, ConfigOption
from payment_bundle.ruler.server import Flavour, Server, base, checked_tenant

if TYPE_CHECKING:
    from payment_bundle.account import Account

TenantOption = Annotated[str, typer.Option(help="Tenant, sent as X-Scope-OrgID.")]
FlavourOption = Annotated[Flavour, typer.Option(help="Whose paths the APIs have.")]
RulerUrlOption = Annotated[
    str, typer.Option(help="Address of Mimir or Cortex; that of the settings, without /prometheus, when left out.")
]
NamespaceOption = Annotated[
    str, typer.Option(help="Namespace of our groups, and of nobody else's; payobs-SERVICE when left out.")
]


def push_rules(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: RulerUrlOption = "",
    tenant: TenantOption = "",
    flavour: FlavourOption = Flavour.MIMIR,
    namespace: NamespaceOption = "",
    token_file: TokenOption = None,
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    dry_run: DryRunOption = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete groups of our namespace that are no longer generated.")
    ] = False,
) -> None:
    """Send the rule groups that differ to Mimir's or Cortex' ruler. Exit code 1: something could not be pushed."""
    from payment_bundle.ruler import push_rules as command  # noqa: PLC0415 - generate and check need no network
    from payment_bundle.ruler.api import Ruler  # noqa: PLC0415
    from payment_bundle.ruler.connection import Connection, RulerError  # noqa: PLC0415
    from payment_bundle.ruler.wanted import wanted_groups  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    settings = catalog.settings
    account = account_of(username, password_file, token_file, Key.TOKEN)
    server = server_of(url or settings.urls.prometheus, tenant, flavour, account, timeout, ca_file)
    wanted = wanted_groups(catalog)
    with Connection(server) as connection:
        ruler = Ruler(connection, namespace or command.namespace_of(settings))
        try:
            done = command.push(wanted, ruler, command.PushOptions(dry_run, prune), typer.echo)
        except RulerError as error:
            typer.echo(f"payobs: {error}", err=True)
            done = False
    if not done:
        raise typer.Exit(FINDINGS)


def push_alertmanager(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: RulerUrlOption = "",
    tenant: TenantOption = "",
    flavour: FlavourOption = Flavour.MIMIR,
    secrets: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder with the files of credentials; where the settings say if left out."),
    ] = None,
    token_file: TokenOption = None,
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    dry_run: DryRunOption = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a configuration that somebody else made.")] = False,
) -> None:
    """Send routing and messages to a tenant's Alertmanager in Mimir or Cortex. Exit code 1: it could not be pushed."""
    from payment_bundle.ruler import push_routing as command  # noqa: PLC0415 - as for the rules
    from payment_bundle.ruler.api import TenantRouting  # noqa: PLC0415
    from payment_bundle.ruler.connection import Connection, RulerError  # noqa: PLC0415
    from payment_bundle.ruler.routing import credentials_in, tenant_routing  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    settings = catalog.settings
    account = account_of(username, password_file, token_file, Key.TOKEN)
    server = server_of(url or settings.urls.alertmanager, tenant, flavour, account, timeout, ca_file)
    wanted = tenant_routing(catalog, credentials_in(secrets))
    with Connection(server) as connection:
        try:
            done = command.push(wanted, TenantRouting(connection), typer.echo, dry_run=dry_run, force=force)
        except RulerError as error:
            typer.echo(f"payobs: {error}", err=True)
            done = False
    if not done:
        raise typer.Exit(FINDINGS)


def server_of(  # noqa: PLR0917, PLR0913 - what a server is
    url: str, tenant: str, flavour: Flavour, account: Account, timeout: float, ca_file: Path | None
) -> Server:
    """Return the Mimir or Cortex that the options name."""
    return Server(base(address(url)), flavour, checked_tenant(tenant), account, timeout, ca_file)
