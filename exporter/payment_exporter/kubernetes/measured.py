"""What the exporter measures beside a payment service in Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.kubernetes_objects import SERVICE_PORT
from payment_catalog.log_streams import data_streams
from payment_exporter.configuration import Backup, Collectors, Configuration, Elasticsearch, Host, Probe
from payment_exporter.kubernetes.names import ELASTICSEARCH_KEY_FILE

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: As many nodes as the configuration takes; any one answers for the cluster.
_NODES = 16


def exporter_configuration(settings: Settings) -> Configuration:
    """Return the exporter's configuration; the database, the cache and the gateway are named by variables."""
    return Configuration(
        collectors=Collectors(
            host=Host(mountpoints=("/", settings.backups.directory)),
            backup=Backup(
                directory=settings.backups.directory,
                recovery_point_objective=settings.recovery.point_objective,
                recovery_time_objective=settings.recovery.time_objective,
            ),
            elasticsearch=_elasticsearch(settings),
            probe=Probe(targets=(f"http://{settings.service}:{SERVICE_PORT}",)),
        )
    )


def _elasticsearch(settings: Settings) -> Elasticsearch:
    if not settings.logs.elasticsearch:
        return Elasticsearch(enabled=False)
    return Elasticsearch(
        enabled=True,
        urls=settings.logs.elasticsearch[:_NODES],
        index=data_streams(settings),
        api_key_file=ELASTICSEARCH_KEY_FILE,
    )
