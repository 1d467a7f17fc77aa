"""``payobs push elasticsearch`` and ``payobs push kibana``: what leads from options to running servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.delivery import (
    CaOption,
    DryRunOption,
    KeyOption,
    PasswordOption,
    SpaceOption,
    TimeoutOption,
    UrlOption,
    UsernameOption,
    account_of,
    address,
)
from payment_bundle.options import FINDINGS, ConfigOption
from payment_catalog.errors import ForeseenError
from payment_catalog.loading import load_settings

if TYPE_CHECKING:
    from payment_catalog.settings import Settings


def push_elasticsearch(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    api_key_file: KeyOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    roles: Annotated[bool, typer.Option(help="Send the roles too, which needs the privilege manage_security.")] = True,
    dry_run: DryRunOption = False,
) -> None:
    """Send templates, lifecycle and roles of the logs where they differ. Exit code 1: something could not be pushed."""
    from payment_bundle.elasticsearch import command  # noqa: PLC0415 - generate and check need no network
    from payment_bundle.elasticsearch.connection import Connection, ElasticsearchError, Server  # noqa: PLC0415

    settings = load_settings(config)
    server = Server(nodes_of(settings, url), account_of(username, password_file, api_key_file), timeout, ca_file)
    with Connection(server) as cluster:
        try:
            done = command.push(settings, cluster, typer.echo, dry_run=dry_run, with_roles=roles)
        except ElasticsearchError as error:
            typer.echo(f"payobs: {error}", err=True)
            done = False
    if not done:
        raise typer.Exit(FINDINGS)


def push_kibana(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    space: SpaceOption = "",
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    api_key_file: KeyOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Send data view, searches and dashboards, over what is there. Exit code 1: something could not be pushed."""
    from payment_bundle.kibana import command  # noqa: PLC0415 - as for Elasticsearch
    from payment_bundle.kibana.connection import Connection, KibanaError, Server  # noqa: PLC0415

    settings = load_settings(config)
    account = account_of(username, password_file, api_key_file)
    server = Server(address(url) or settings.urls.kibana, command.checked_space(space), account, timeout, ca_file)
    with Connection(server) as kibana:
        try:
            done = command.push(settings, kibana, typer.echo, dry_run=dry_run)
        except KibanaError as error:
            typer.echo(f"payobs: {error}", err=True)
            done = False
    if not done:
        raise typer.Exit(FINDINGS)


def nodes_of(settings: Settings, url: str) -> tuple[str, ...]:
    """Return the addresses of the cluster; raises ForeseenError where nobody names one."""
    urls = (address(url),) if url else settings.logs.elasticsearch
    if not urls:
        raise ForeseenError("logs.elasticsearch names no node in the settings; give one there, or as --url")
    return urls
