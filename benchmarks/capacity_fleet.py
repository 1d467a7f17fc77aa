"""Services that publish exactly as many series as the catalogue has for a usual day, and Prometheis that watch them."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from payment_alerts.groups import alert_groups
from payment_alerts.rules import rules
from payment_alerts.scenario_series import selector
from payment_bundle.capacity.estimate import split
from payment_catalog.cardinality import BUCKET_LABEL, values_of
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.metric import Metric, MetricType
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_alerts.alert import AlertGroup
    from payment_catalog.cardinality import Extents
    from payment_catalog.catalog import Catalog

INTERVAL = 15
INSTANCES = 3
ENVIRONMENT = "production"


@dataclass(frozen=True)
class Watched:
    """One service of a fleet, with its catalogue and rules."""

    catalog: Catalog
    groups: tuple[AlertGroup, ...]

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return self.catalog.settings


def watched(number: int) -> Watched:
    """Return the service of that number, which shares no name with another one."""
    settings = Settings(
        service=f"service-{number}",
        exporter=f"exporter-{number}",
        namespace=f"team-{number}",
        environments={
            ENVIRONMENT: Environment(
                service=tuple(f"service-{number}-{instance}:8080" for instance in range(INSTANCES)),
                exporter=(f"exporter-{number}:9877",),
            )
        },
    )
    catalog = build_catalog(settings)
    return Watched(catalog, alert_groups(catalog))


def label_sets(metric: Metric, extents: Extents) -> Iterator[dict[str, str]]:
    """Return the label sets of a usual day."""
    choices = []
    for label in metric.labels:
        count = round(values_of(label, extents).usual)
        known = (*label.values, *(f"{label.name}-{number}" for number in range(count)))
        choices.append([(label.name, value) for value in known[:count]])
    for chosen in itertools.product(*choices):
        yield dict(chosen)


def growing(metric: Metric, extents: Extents) -> Iterator[tuple[str, float, float]]:
    """Return each series of the metric with its value at first, and with what it grows by in a second."""
    for position, labels in enumerate(label_sets(metric, extents)):
        speed = (position % 7) / 3
        if metric.type is MetricType.HISTOGRAM:
            bounds = [*map(str, metric.buckets), "+Inf"]
            for index, bound in enumerate(bounds):
                share = min(1, (index + 1) / 5)
                yield selector(metric.bucket, {**labels, BUCKET_LABEL: bound}), 0, speed * share
            yield selector(f"{metric.name}_count", labels), 0, speed
            yield selector(f"{metric.name}_sum", labels), 0, speed / 20
        elif metric.type is MetricType.GAUGE:
            yield selector(metric.name, labels), time.time() if "timestamp" in metric.name else 1, 0
        else:
            yield selector(metric.name, labels), 0, speed


@contextmanager
def publishers(catalog: Catalog, extents: Extents) -> Iterator[int]:
    """Serve ``/<publisher>/<target>`` for as many targets as are asked for, on the port that is returned."""
    series = {
        publisher: [
            found
            for metric in catalog.metrics
            if metric.published_by == publisher
            for found in growing(metric, extents)
        ]
        for publisher in (SERVICE, EXPORTER)
    }
    started = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            publisher, target = self.path.split("/")[1:3]
            # Each target a little differently, so that no two count alike.
            elapsed = (time.monotonic() - started) * (1 + len(target) / 100 + hash(target) % 10 / 10)
            lines = [f"{name} {first + int(speed * elapsed)}" for name, first, speed in series[publisher]]
            body = "\n".join([*lines, ""]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Stay silent: a Prometheus that is ended breaks its connections off."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write(services: list[Watched], port: int, directory: Path) -> None:
    """Write a Prometheus' configuration and the rules of all services into ``directory``."""
    jobs = []
    for number, service in enumerate(services):
        place = service.settings.environments[ENVIRONMENT]
        jobs += [
            _job(service.settings, service.settings.service, SERVICE, place.service, port),
            _job(service.settings, service.settings.exporter, EXPORTER, place.exporter, port),
        ]
        of_each, of_all = split(service.groups)
        for path, document in rules(service.catalog, of_each if number else (*of_each, *of_all)).items():
            file = directory / "rules" / f"{number}-{Path(path).name}"
            file.parent.mkdir(exist_ok=True)
            content = document.content if isinstance(document, YamlDocument) else None
            file.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper))
    configuration = {
        "global": {"scrape_interval": f"{INTERVAL}s", "evaluation_interval": f"{INTERVAL}s"},
        "rule_files": ["rules/*.yaml"],
        "scrape_configs": jobs,
    }
    (directory / "prometheus.yml").write_text(yaml.dump(configuration, Dumper=yaml.CSafeDumper))


def _job(settings: Settings, name: str, publisher: str, targets: tuple[str, ...], port: int) -> dict[str, Any]:
    labels = {"environment": ENVIRONMENT, "namespace": settings.namespace}
    return {
        "job_name": name,
        "static_configs": [
            {
                "targets": [f"127.0.0.1:{port}"],
                "labels": {**labels, "instance": target, "__metrics_path__": f"/{publisher}/{target}"},
            }
            for target in targets
        ],
    }
