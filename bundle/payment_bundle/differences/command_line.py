"""``payobs diff`` and ``payobs diff WHAT``: what leads from options to comparisons, and how they are told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.account import Key
from payment_bundle.delivery import (
    CaOption,
    KeyOption,
    PasswordOption,
    SpaceOption,
    TimeoutOption,
    TokenOption,
    UrlOption,
    UsernameOption,
    account_of,
    address,
    grafana_server,
)
from payment_bundle.extending.loading import load_sound_catalog
from payment_bundle.log_delivery import nodes_of
from payment_bundle.machine_output import Output, OutputOption, print_document
from payment_bundle.options import FINDINGS, ConfigOption
from payment_bundle.ruler.command_line import NamespaceOption, TenantOption, server_of
from payment_bundle.ruler.server import Flavour
from payment_catalog.loading import load_settings

if TYPE_CHECKING:
    from payment_bundle.differences.comparison import Comparison

diff = typer.Typer(help="Compare running servers with what is generated. Exit code 1: they differ; 2: they cannot be.")


RolesOption = Annotated[bool, typer.Option(help="Compare the roles too, which needs the privilege read_security.")]


@diff.callback(invoke_without_command=True)
def diff_all(  # noqa: PLR0913 - one flag for each choice
    context: typer.Context,
    config: ConfigOption = Path("bundle.yaml"),
    *,
    grafana_token_file: Annotated[Path | None, typer.Option(help="File with a token for Grafana.")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with a token that Prometheus' and Alertmanager's proxy asks for.")
    ] = None,
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    api_key_file: KeyOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Compare every server that the settings name with what is generated; the account is Elasticsearch's and Kibana's.

    Exit code 1: they differ; 2: one of them cannot be compared.
    """
    if context.invoked_subcommand:
        _refuse_options(context)
        return
    from payment_bundle.differences.everything import Access, compare_everything, exit_code  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    settings = catalog.settings
    access = Access(
        grafana_server(settings, "", grafana_token_file, timeout, ca_file),
        account_of("", None, token_file, Key.TOKEN),
        account_of(username, password_file, api_key_file),
        timeout,
        ca_file,
    )
    outcomes = []
    for outcome in compare_everything(catalog, access):
        outcomes.append(outcome)
        if output is Output.TEXT:
            typer.echo("\n".join((f"{outcome.target}:", *outcome.lines(), "")))
    if output is Output.JSON:
        print_document(
            "diff",
            ok=not exit_code(outcomes),
            targets=[outcome.content() for outcome in outcomes],
        )
    raise typer.Exit(exit_code(outcomes))


@diff.command("grafana")
def diff_grafana(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    token_file: TokenOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell where Grafana's dashboards differ, panel by panel. Exit code 1: they differ."""
    from payment_bundle.differences.grafana import compare  # noqa: PLC0415 - generate and check need no network
    from payment_bundle.grafana.api import GrafanaApi  # noqa: PLC0415
    from payment_bundle.grafana.command import generated_dashboards  # noqa: PLC0415
    from payment_bundle.grafana.plan import home_of  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    with GrafanaApi(grafana_server(catalog.settings, url, token_file, timeout, ca_file)) as api:
        _tell(compare(generated_dashboards(catalog), api, home_of(catalog.settings)), output)


@diff.command("rules")
def diff_rules(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    tenant: TenantOption = "",
    flavour: Annotated[Flavour | None, typer.Option(help="Ask the ruler of a Mimir or a Cortex.")] = None,
    namespace: NamespaceOption = "",
    token_file: TokenOption = None,
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell where the rules differ that a Prometheus runs, or with --tenant or --flavour a ruler keeps.

    Exit code 1: they differ.
    """
    from payment_bundle.differences.prometheus_server import Server, rule_groups  # noqa: PLC0415 - as for Grafana
    from payment_bundle.differences.rules import compare_namespace, compare_running  # noqa: PLC0415
    from payment_bundle.ruler.api import Ruler  # noqa: PLC0415
    from payment_bundle.ruler.connection import Connection  # noqa: PLC0415
    from payment_bundle.ruler.push_rules import namespace_of  # noqa: PLC0415
    from payment_bundle.ruler.wanted import wanted_groups  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    settings = catalog.settings
    account = account_of(username, password_file, token_file, Key.TOKEN)
    wanted = wanted_groups(catalog)
    place = address(url) or settings.urls.prometheus
    if not (tenant or flavour):
        server = Server(place, account, timeout, ca_file)
        _tell(compare_running(rule_groups(server), wanted, server.url), output)
        return
    with Connection(server_of(place, tenant, flavour or Flavour.MIMIR, account, timeout, ca_file)) as connection:
        ruler = Ruler(connection, namespace or namespace_of(settings))
        shown = f"{connection.server.shown}, namespace {ruler.namespace}"
        _tell(compare_namespace(ruler.groups(), wanted, shown), output)


@diff.command("alertmanager")
def diff_alertmanager(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    tenant: TenantOption = "",
    flavour: Annotated[Flavour | None, typer.Option(help="Ask a Mimir or a Cortex.")] = None,
    token_file: TokenOption = None,
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell where routes, receivers and inhibitions differ. Exit code 1: they differ."""
    from payment_bundle.differences.prometheus_server import Server, alertmanager_configuration  # noqa: PLC0415
    from payment_bundle.differences.routing import compare_configuration, compare_tenant  # noqa: PLC0415
    from payment_bundle.ruler.api import TenantRouting  # noqa: PLC0415
    from payment_bundle.ruler.connection import Connection  # noqa: PLC0415

    catalog = load_sound_catalog(config)
    settings = catalog.settings
    account = account_of(username, password_file, token_file, Key.TOKEN)
    place = address(url) or settings.urls.alertmanager
    if not (tenant or flavour):
        server = Server(place, account, timeout, ca_file)
        _tell(compare_configuration(alertmanager_configuration(server), catalog, server.url), output)
        return
    with Connection(server_of(place, tenant, flavour or Flavour.MIMIR, account, timeout, ca_file)) as connection:
        _tell(compare_tenant(TenantRouting(connection).stored(), catalog, connection.server.shown), output)


@diff.command("elasticsearch")
def diff_elasticsearch(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    api_key_file: KeyOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    roles: RolesOption = True,
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell where templates, lifecycle, roles and data streams of the logs differ. Exit code 1: they differ."""
    from payment_bundle.differences.elasticsearch import compare  # noqa: PLC0415 - as for Grafana
    from payment_bundle.elasticsearch.connection import Connection, Server  # noqa: PLC0415

    settings = load_settings(config)
    account = account_of(username, password_file, api_key_file)
    with Connection(Server(nodes_of(settings, url), account, timeout, ca_file)) as cluster:
        _tell(compare(settings, cluster, with_roles=roles), output)


@diff.command("kibana")
def diff_kibana(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    url: UrlOption = "",
    space: SpaceOption = "",
    username: UsernameOption = "",
    password_file: PasswordOption = None,
    api_key_file: KeyOption = None,
    timeout: TimeoutOption = 30,
    ca_file: CaOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell where data view, searches and dashboards differ. Exit code 1: they differ."""
    from payment_bundle.differences.kibana import compare  # noqa: PLC0415 - as for Grafana
    from payment_bundle.kibana.command import checked_space  # noqa: PLC0415
    from payment_bundle.kibana.connection import Connection, Server  # noqa: PLC0415

    settings = load_settings(config)
    account = account_of(username, password_file, api_key_file)
    server = Server(address(url) or settings.urls.kibana, checked_space(space), account, timeout, ca_file)
    with Connection(server) as kibana:
        _tell(compare(settings, kibana), output)


@diff.command("kubernetes")
def diff_kubernetes(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Files and directories of manifests.")],
    config: ConfigOption = Path("bundle.yaml"),
    *,
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell where manifests, such as 'kubectl get -o yaml' prints them, differ. Exit code 1: they differ."""
    from payment_bundle import generation  # noqa: PLC0415 - as for Grafana
    from payment_bundle.differences.kubernetes import compare, read_objects  # noqa: PLC0415

    objects = read_objects(files)
    documents = generation.generate_documents(load_sound_catalog(config))
    _tell(compare(documents, objects, ", ".join(map(str, files))), output)


def _tell(comparison: Comparison, output: Output) -> None:
    if output is Output.JSON:
        print_document("diff", ok=comparison.same, **comparison.content())
    else:
        typer.echo("\n".join(comparison.lines()))
    if not comparison.same:
        raise typer.Exit(FINDINGS)


def _refuse_options(context: typer.Context) -> None:
    given = [
        f"--{name.replace('_', '-')}"
        for name in context.params
        if (source := context.get_parameter_source(name)) is not None and source.name != "DEFAULT"
    ]
    if given:
        raise typer.BadParameter(
            f"{', '.join(given)}: stands before '{context.invoked_subcommand}'; give it after that word"
        )
