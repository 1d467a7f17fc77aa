"""What a page calls ``server: NAME``: a server, and what its user has prepared for it."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from documentation.remembered import write_history
from elasticsearch_objects_stub import KEY as ELASTICSEARCH_KEY
from elasticsearch_objects_stub import stub_elasticsearch
from grafana_stub import TOKEN, stub_grafana
from kibana_stub import KEY as KIBANA_KEY
from kibana_stub import stub_kibana
from mimir_stub import TOKEN as MIMIR_TOKEN
from mimir_stub import credentials, stub_mimir
from prometheus_server import prometheus_that_remembers
from s3_server import CREDENTIALS, NOBODY, REGION, s3_server

from payment_bundle.demo.child import start
from payment_bundle.demo.programs import find_programs
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from documentation.reader import Reader

_READY_WITHIN = 60


@contextmanager
def grafana(reader: Reader) -> Iterator[None]:
    """A Grafana, its address in the settings, and a token in the home directory."""
    with stub_grafana() as server:
        reader.merge("bundle.yaml", {"urls": {"grafana": server.url}})
        reader.secret("../home/.grafana-token", TOKEN)
        yield


@contextmanager
def elasticsearch(reader: Reader) -> Iterator[None]:
    """An Elasticsearch, its address in the settings, and an API key in ``elasticsearch.key``."""
    with stub_elasticsearch() as server:
        reader.merge("bundle.yaml", {"logs": {"elasticsearch": [server.url]}})
        reader.secret("elasticsearch.key", ELASTICSEARCH_KEY)
        yield


@contextmanager
def kibana(reader: Reader) -> Iterator[None]:
    """A Kibana with a space ``payments``, its address in the settings, and an API key in ``kibana.key``."""
    with stub_kibana() as server:
        server.spaces["payments"] = {}
        reader.merge("bundle.yaml", {"urls": {"kibana": server.url}})
        reader.secret("kibana.key", KIBANA_KEY)
        yield


@contextmanager
def prometheus(reader: Reader) -> Iterator[None]:
    """A Prometheus that remembers an incident of 2026-11-25, its address in the settings."""
    directory = reader.directory / "prometheus"
    directory.mkdir()
    kept = "--storage.tsdb.retention.time=100y"
    with prometheus_that_remembers(write_history, directory, reader.port(9090), kept) as url:
        reader.merge("bundle.yaml", {"urls": {"prometheus": url}})
        yield


@contextmanager
def alertmanager(reader: Reader) -> Iterator[None]:
    """An Alertmanager with the generated configuration, at its usual port."""
    directory = reader.directory / "alertmanager"
    directory.mkdir()
    address = f"127.0.0.1:{reader.port(9093)}"
    child = start(
        "alertmanager",
        (
            find_programs().alertmanager,
            f"--config.file={reader.project}/generated/alertmanager/alertmanager.yml",
            f"--storage.path={directory}/data",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
        ),
        {"PATH": os.environ["PATH"]},
        directory / "alertmanager.log",
    )
    try:
        child.wait_ready(f"http://{address}/-/ready", _READY_WITHIN)
        yield
    finally:
        child.stop()


@contextmanager
def mimir(reader: Reader) -> Iterator[None]:
    """A Mimir, its address in the settings, a token in the home directory, credentials of contacts in ``secrets``."""
    with stub_mimir() as server:
        reader.merge("bundle.yaml", {"urls": {"prometheus": server.url, "alertmanager": server.url}})
        reader.secret("../home/.mimir-token", MIMIR_TOKEN)
        (reader.project / "secrets").mkdir(mode=0o700)
        for name, content in credentials("none").items():
            reader.secret(f"secrets/{name}", content)
        yield


@contextmanager
def s3(reader: Reader) -> Iterator[None]:
    """An S3 with the settings' bucket, credentials in the environment, and an old log file."""
    with s3_server() as server:
        bucket = Settings().logs.s3_bucket
        server.client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        reader.environment |= {**CREDENTIALS, **NOBODY, "AWS_ENDPOINT_URL": server.url}
        log = reader.project / "var/log/payment-service/pod-a/app.log.1"
        log.parent.mkdir(parents=True)
        log.write_text('{"event": "payment succeeded"}\n')
        os.utime(log, (1_773_000_000, 1_773_000_000))
        yield


@contextmanager
def log_file(reader: Reader) -> Iterator[None]:
    """A few lines of the service in ``payment-service.log``."""
    lines = (
        {"event": "payment succeeded", "level": "info", "payment_id": "p-1"},
        {"event": "payment declined: payment p-2 failed", "level": "warning", "payment_id": "p-2"},
    )
    written = ({**line, "timestamp": f"2026-11-25T10:00:0{number}Z"} for number, line in enumerate(lines))
    reader.write("payment-service.log", "".join(f"{json.dumps(line)}\n" for line in written))
    yield


SERVERS: dict[str, Callable[[Reader], AbstractContextManager[None]]] = {
    "grafana": grafana,
    "elasticsearch": elasticsearch,
    "kibana": kibana,
    "prometheus": prometheus,
    "alertmanager": alertmanager,
    "mimir": mimir,
    "s3": s3,
    "log-file": log_file,
}
