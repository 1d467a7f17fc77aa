"""Services that publish exactly as many series as the catalogue has for a usual day, and Prometheis that watch them."""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from fleet import scrape_job
from page_server import serving

from payment_alerts.groups import alert_groups
from payment_alerts.rules import rules
from payment_alerts.scenario_series import selector
from payment_bundle.capacity.estimate import split
from payment_catalog.cardinality import BUCKET_LABEL, values_of
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.metric import Metric, MetricType
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment

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

    def page(path: str) -> bytes:
        publisher, target = path.split("/")[1:3]
        # Each target a little differently, so that no two count alike.
        elapsed = (time.monotonic() - started) * (1 + len(target) / 100 + hash(target) % 10 / 10)
        lines = [f"{name} {first + int(speed * elapsed)}" for name, first, speed in series[publisher]]
        return "\n".join([*lines, ""]).encode()

    with serving(page) as port:
        yield port


def write(services: list[Watched], port: int, directory: Path) -> None:
    """Write a Prometheus' configuration and the rules of all services into ``directory``."""
    jobs = []
    for number, service in enumerate(services):
        place = service.settings.environments[ENVIRONMENT]
        jobs += [
            scrape_job(service.settings, ENVIRONMENT, service.settings.service, SERVICE, place.service, port),
            scrape_job(service.settings, ENVIRONMENT, service.settings.exporter, EXPORTER, place.exporter, port),
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
