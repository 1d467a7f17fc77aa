"""From the nodes of a large cluster to the aggregators: encrypted, both sides known, each chunk confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.fluentd_metrics import FORWARD_OUTPUT
from payment_logging.fluentd import Environment, Section
from payment_logging.parts.buffers import file_buffer, undelivered
from payment_logging.parts.labels import Stage, stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings
    from payment_logging.fluentd import Value

PORT = 24224
#: Where the secret with both sides' certificates is mounted.
TLS_DIRECTORY = "/fluentd/tls"


def forward(settings: Settings) -> tuple[Section, ...]:
    """Return the label of the forwarders: a chunk is sent again, to any aggregator, until one confirms it."""
    parameters: Mapping[str, Value] = {
        "@type": "forward",
        "@id": FORWARD_OUTPUT,
        "transport": "tls",
        "tls_cert_path": f"{TLS_DIRECTORY}/ca.crt",
        "tls_verify_hostname": True,
        "tls_client_cert_path": f"{TLS_DIRECTORY}/tls.crt",
        "tls_client_private_key_path": f"{TLS_DIRECTORY}/tls.key",
        "require_ack_response": True,
        "ack_response_timeout": "60s",
        "heartbeat_type": "transport",
        "expire_dns_cache": "60s",
        "keepalive": True,
        "keepalive_timeout": "5m",
        "compress": "gzip",
        # Fluentd starts, and reads, while the aggregators are away.
        "ignore_network_errors_at_startup": True,
    }
    limits: Mapping[str, Value] = {
        "chunk_limit_size": "8m",
        "total_limit_size": "4g",
        "flush_mode": "interval",
        "flush_interval": "1s",
        "flush_thread_count": 2,
    }
    inner = (
        _security(),
        *map(_server, settings.logs.aggregators),
        file_buffer(FORWARD_OUTPUT, "tag", limits),
        undelivered(FORWARD_OUTPUT),
    )
    return (stage(Stage.FORWARD, Section("match", "**", parameters, inner)),)


def receive() -> tuple[Section, ...]:
    """Return the source of the aggregators; who has no certificate of the same authority is refused."""
    transport: Mapping[str, Value] = {
        "cert_path": f"{TLS_DIRECTORY}/tls.crt",
        "private_key_path": f"{TLS_DIRECTORY}/tls.key",
        "ca_path": f"{TLS_DIRECTORY}/ca.crt",
        "client_cert_auth": True,
    }
    parameters: Mapping[str, Value] = {
        "@type": "forward",
        "@id": "forwarders",
        "@label": Stage.STORE.value,
        "port": PORT,
        "bind": "0.0.0.0",  # noqa: S104 - the forwarders are on other nodes
    }
    return (Section("source", "", parameters, (Section("transport", "tls", transport), _security())),)


def _security() -> Section:
    names: Mapping[str, Value] = {
        "self_hostname": Environment("HOSTNAME"),
        "shared_key": Environment("FLUENTD_SHARED_KEY"),
    }
    return Section("security", "", names)


def _server(target: str) -> Section:
    host, _, port = target.rpartition(":")
    return Section("server", "", {"host": host, "port": int(port)})
