"""From a configuration and the environment to the collectors that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.errors import ForeseenError
from payment_catalog.settings.texts import Url
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.collectors.archive import ArchiveCollector
from payment_exporter.collectors.backup import BackupCollector
from payment_exporter.collectors.business import BusinessCollector
from payment_exporter.collectors.host import HostCollector
from payment_exporter.collectors.postgres import PostgresCollector
from payment_exporter.collectors.probe import ProbeCollector
from payment_exporter.collectors.redis import RedisCollector, redis_address
from payment_exporter.probing.prober import Prober

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_exporter.collection import Collector
    from payment_exporter.configuration import Configuration, Elasticsearch

#: The service's variable that names the gateway.
GATEWAY_VARIABLE = "FIUU_BASE_URL"


@dataclass(frozen=True, slots=True)
class Equipment:
    """What scrapes and probes are made with."""

    collectors: tuple[Collector, ...]
    prober: Prober


def equip(configuration: Configuration, environment: Mapping[str, str]) -> Equipment:
    """Return the collectors that are on, in the order of their names in the vocabulary; nothing is opened yet.

    Raises ForeseenError for a variable or an address that cannot be used.
    """
    parts = configuration.collectors
    gateway = parts.probe.gateway or _gateway(environment)
    makers: Mapping[ExporterCollector, Callable[[float], Collector]] = {
        ExporterCollector.BUSINESS: lambda timeout: BusinessCollector(database_settings(), timeout),
        ExporterCollector.POSTGRES: lambda timeout: PostgresCollector(database_settings(), timeout),
        ExporterCollector.REDIS: lambda timeout: RedisCollector(redis_address(parts.redis, environment), timeout),
        ExporterCollector.HOST: lambda timeout: HostCollector(parts.host),
        ExporterCollector.BACKUP: lambda timeout: BackupCollector(parts.backup),
        ExporterCollector.ARCHIVE: lambda timeout: ArchiveCollector(parts.archive),
        ExporterCollector.ELASTICSEARCH: lambda timeout: _elasticsearch(parts.elasticsearch, timeout),
        ExporterCollector.PROBE: lambda timeout: ProbeCollector(parts.probe, gateway, timeout),
    }
    return Equipment(
        tuple(make(configuration.timeout_of(name)) for name, make in makers.items() if parts.of(name).enabled),
        Prober(parts.probe, gateway),
    )


def database_settings() -> DatabaseSettings:
    """Return what ``DB_*`` says; raises ForeseenError, which names the variable."""
    try:
        return DatabaseSettings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise ForeseenError(f"DB_{first['loc'][0]}".upper() + f": {first['msg']}") from None


def _elasticsearch(settings: Elasticsearch, timeout: float) -> Collector:
    from payment_exporter.collectors.elasticsearch import ElasticsearchCollector  # noqa: PLC0415 - off, it loads no client

    return ElasticsearchCollector(settings, timeout)


def _gateway(environment: Mapping[str, str]) -> str | None:
    address = environment.get(GATEWAY_VARIABLE)
    if not address:
        return None
    try:
        return str(TypeAdapter(Url).validate_python(address.rstrip("/")))
    except ValidationError:
        raise ForeseenError(f"{GATEWAY_VARIABLE}: not an address such as https://pay.example.com") from None
