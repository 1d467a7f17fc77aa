"""A service of many instances, as Prometheus sees it: what each publishes, and a Prometheus to keep it."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payment_alerts.scenario_series import selector
from payment_catalog import service_metrics
from payment_catalog.http_metrics import CODE, METHOD, ROUTE
from payment_catalog.metric import Metric, MetricType
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from sockets import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

INSTANCES, ROUTES = 50, 20
#: What a healthy instance says where 0 would be bad.
HEALTHY = {service_metrics.READY: 1, service_metrics.DEPENDENCY_UP: 1, service_metrics.DB_CONNECTIONS_MAX: 25}

SETTINGS = Settings(
    environments={
        "production": Environment(
            service=tuple(f"payment-service-{number}:8080" for number in range(INSTANCES)),
            exporter=("payment-exporter-0:9877", "payment-exporter-1:9877"),
        )
    }
)


def label_sets(metric: Metric) -> Iterator[dict[str, str]]:
    """Return the label sets that an instance publishes: of each route one method, of each open label one value."""
    choices: list[list[dict[str, str]]] = []
    for label in metric.labels:
        if label == ROUTE:
            methods = itertools.cycle(METHOD.values[:3])
            choices.append([{"route": f"/route-{index}", "method": next(methods)} for index in range(ROUTES)])
        elif label == CODE:
            choices.append([{"code": code} for code in ("200", "400", "500")])
        elif label != METHOD:
            choices.append([{label.name: value} for value in label.values or ("one",)])
    for chosen in itertools.product(*choices):
        yield {name: value for part in chosen for name, value in part.items()}


def counters(metric: Metric, target: Mapping[str, str] | None = None) -> Iterator[tuple[str, float]]:
    """Return each series that counts, with what it grows by in a second; ``target`` are labels of the instance."""
    for position, found in enumerate(label_sets(metric)):
        labels = {**(target or {}), **found}
        speed = 1 + position % 7
        if metric.type is MetricType.HISTOGRAM:
            bounds = [*map(str, metric.buckets), "+Inf"]
            for index, bound in enumerate(bounds):
                yield selector(metric.bucket, {**labels, "le": bound}), speed * min(1, (index + 1) / 5)
            yield selector(f"{metric.name}_count", labels), speed
            yield selector(f"{metric.name}_sum", labels), speed / 20
        elif metric.type is not MetricType.GAUGE:
            yield selector(metric.name, labels), speed if labels.get("code") != "500" else speed / 1000


def gauges(metric: Metric, target: Mapping[str, str] | None = None) -> Iterator[tuple[str, float]]:
    """Return each series that stands, with its value."""
    if metric.type is MetricType.GAUGE:
        value = time.time() if metric.name.endswith("timestamp_seconds") else HEALTHY.get(metric, 0)
        for labels in label_sets(metric):
            yield selector(metric.name, {**(target or {}), **labels}), value


def page(metrics: tuple[Metric, ...], elapsed: float) -> str:
    """Return what an instance publishes ``elapsed`` seconds after its start."""
    text = []
    for metric in metrics:
        text.append(f"# TYPE {metric.name.removesuffix('_total')} {metric.type}")
        text += [f"{series} {speed * elapsed:.3f}" for series, speed in counters(metric)]
        text += [f"{series} {value}" for series, value in gauges(metric)]
    return "\n".join([*text, ""])


def scrape_job(  # noqa: PLR0913, PLR0917 - one for each thing that differs
    settings: Settings, environment: str, name: str, publisher: str, targets: Iterable[str], port: int
) -> dict[str, Any]:
    """Return a job of Prometheus in which one server stands for all targets: ``/<publisher>/<target>``."""
    labels = {"environment": environment, "namespace": settings.namespace}
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


@contextmanager
def prometheus(directory: Path, *flags: str) -> Iterator[str]:
    """Run Prometheus in ``directory``, with further ``flags``, and return its address."""
    address = f"127.0.0.1:{free_port()}"
    with (directory / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            (
                "prometheus",
                f"--config.file={directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={directory / 'data'}",
                "--storage.tsdb.retention.time=40d",
                f"--web.listen-address={address}",
                *flags,
            ),
            stdout=log,
            stderr=log,
        )
        try:
            yield f"http://{address}"
        finally:
            # In order, one with the rules of many services takes more than a minute to end; its data are thrown away.
            process.kill()
            process.wait(60)
