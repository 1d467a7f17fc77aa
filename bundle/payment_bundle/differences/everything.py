"""Every server that the settings name, compared one after the other; one that fails does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_bundle.differences.prometheus_server import Server, alertmanager_configuration, rule_groups
from payment_bundle.differences.routing import compare_configuration
from payment_bundle.differences.rules import compare_running
from payment_bundle.grafana.api import GrafanaApi
from payment_bundle.grafana.command import generated_dashboards
from payment_bundle.grafana.plan import home_of
from payment_bundle.options import FINDINGS, USAGE
from payment_bundle.ruler.wanted import wanted_groups
from payment_bundle.side_by_side import printable
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from payment_bundle.account import Account
    from payment_bundle.differences.comparison import Comparison
    from payment_bundle.grafana.connection import Server as GrafanaServer
    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Access:
    """With what the servers are asked: ``monitoring`` is Prometheus' and Alertmanager's, ``elastic`` the others'."""

    grafana: GrafanaServer
    monitoring: Account
    elastic: Account
    timeout: float
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A server that could not be compared."""

    target: str
    reason: str

    def lines(self) -> Iterator[str]:
        """Return the outcome for people."""
        yield printable(f"  ! cannot be compared: {self.reason}")

    def content(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        return {"target": self.target, "error": self.reason}


def compare_everything(catalog: Catalog, access: Access) -> Iterator[Comparison | Failure]:
    """Return the outcome of each server, when it is known."""
    targets: dict[str, Callable[[Catalog, Access], Comparison]] = {
        "rules": _rules,
        "alertmanager": _alertmanager,
        "grafana": _grafana,
        "elasticsearch": _elasticsearch,
        "kibana": _kibana,
    }
    for target, compare in targets.items():
        try:
            yield compare(catalog, access)
        except ForeseenError as error:
            yield Failure(target, str(error))
        except ModuleNotFoundError as error:
            yield Failure(target, f"{error.name} is not installed: pip install 'payment-observability[push]'")


def exit_code(outcomes: Iterable[Comparison | Failure]) -> int:
    """Return what the outcomes amount to: a failure counts most."""
    outcomes = tuple(outcomes)
    if any(isinstance(outcome, Failure) for outcome in outcomes):
        return USAGE
    return FINDINGS if any(not outcome.same for outcome in outcomes if not isinstance(outcome, Failure)) else 0


def _rules(catalog: Catalog, access: Access) -> Comparison:
    server = Server(catalog.settings.urls.prometheus, access.monitoring, access.timeout, access.ca_file)
    return compare_running(rule_groups(server), wanted_groups(catalog), server.url)


def _alertmanager(catalog: Catalog, access: Access) -> Comparison:
    server = Server(catalog.settings.urls.alertmanager, access.monitoring, access.timeout, access.ca_file)
    return compare_configuration(alertmanager_configuration(server), catalog, server.url)


def _grafana(catalog: Catalog, access: Access) -> Comparison:
    from payment_bundle.differences.grafana import compare  # noqa: PLC0415 - only where it is asked

    with GrafanaApi(access.grafana) as api:
        return compare(generated_dashboards(catalog), api, home_of(catalog.settings))


def _elasticsearch(catalog: Catalog, access: Access) -> Comparison:
    from payment_bundle.differences.elasticsearch import compare  # noqa: PLC0415 - its client may not be installed
    from payment_bundle.elasticsearch.connection import Connection  # noqa: PLC0415
    from payment_bundle.elasticsearch.connection import Server as Cluster  # noqa: PLC0415

    urls = catalog.settings.logs.elasticsearch
    if not urls:
        raise ForeseenError("logs.elasticsearch names no node in the settings")
    with Connection(Cluster(urls, access.elastic, access.timeout, access.ca_file)) as cluster:
        return compare(catalog.settings, cluster, with_roles=True)


def _kibana(catalog: Catalog, access: Access) -> Comparison:
    from payment_bundle.differences.kibana import compare  # noqa: PLC0415 - as for Grafana
    from payment_bundle.kibana.connection import Connection  # noqa: PLC0415
    from payment_bundle.kibana.connection import Server as Kibana  # noqa: PLC0415

    server = Kibana(catalog.settings.urls.kibana, "", access.elastic, access.timeout, access.ca_file)
    with Connection(server) as kibana:
        return compare(catalog.settings, kibana)
