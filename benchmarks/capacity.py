"""``payobs capacity`` beside what is measured: series, log bytes, and what 1, 10 and 50 services cost a Prometheus.

The demo runs for some minutes with customers: the series of its pages and the lines of its log are counted, and the
samples that its Prometheus has stored are written into a block, whose bytes are counted. At the same time three
Prometheis scrape 1, 10 and 50 services, which publish what the catalogue has for a usual day, and evaluate the rules of
each. Exits with 1 where computed and measured differ by more than the factor that stands beside them.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from capacity_fleet import INSTANCES, INTERVAL, publishers, watched, write
from fleet import prometheus
from prometheus_client.parser import text_string_to_metric_families

from payment_bundle.capacity import costs, log_volume
from payment_bundle.capacity.estimate import rules_in, split
from payment_bundle.capacity.evaluation import evaluation
from payment_bundle.capacity.population import Population
from payment_bundle.capacity.recorded import stored
from payment_bundle.capacity.scraped import OF_EACH_TARGET
from payment_bundle.demo.ports import Ports
from payment_bundle.demo.stack import Stack
from payment_bundle.demo.traffic import Traffic
from payment_bundle.prometheus_api import PrometheusApi
from payment_bundle.sigterm import sigterm_as_ctrl_c
from payment_catalog.cardinality import series_of, total
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capacity_fleet import Watched

SIZES = (1, 10, 50)
#: Seconds until the windows of five minutes are full.
WARM_UP = 330
READINGS = 8
PAYMENTS_PER_SECOND = 5


@dataclass(frozen=True)
class Row:
    """A figure, computed and measured; ``factor`` is by how much they may differ, either way."""

    what: str
    computed: float
    measured: float
    factor: float

    @property
    def ratio(self) -> float:
        """Computed divided by measured."""
        return self.computed / self.measured if self.measured else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the estimate is good enough."""
        return 1 / self.factor <= self.ratio <= self.factor


def page(url: str) -> dict[str, float]:
    """Return the series of a page, with their values."""
    text = requests.get(url, timeout=30).text
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def population(services: int) -> Population:
    """Return the population that is measured."""
    return Population(services, 1, INSTANCES, 1, PAYMENTS_PER_SECOND)


def of_one(service: Watched, publisher: str) -> float:
    """Return how many series one target of the publisher shows on a usual day."""
    extents = population(1).extents(1, len(service.groups))
    metrics = service.catalog.metrics
    return total(*(series_of(metric, extents) for metric in metrics if metric.published_by == publisher)).usual


def demo_rows(stack: Stack, ports: Ports, directory: Path, seconds: float) -> list[Row]:
    """Return what the demo shows after ``seconds`` of customers."""
    one = watched(0)
    log = directory / "logs" / "service.log"
    lines = [line for line in log.read_bytes().splitlines(keepends=True) if line.startswith(b"{")]
    requests_ended = [len(line) for line in lines if json.loads(line)["event"] == "request"]
    events = [len(line) for line in lines if json.loads(line)["event"] != "request"]
    shown = page(f"http://127.0.0.1:{ports.service}/metrics")
    payments = sum(value for name, value in shown.items() if name.startswith("payments_total"))
    computed = (
        log_volume.REQUESTS_OF_PAYMENT * log_volume.REQUEST_BYTES
        + log_volume.EVENTS_OF_PAYMENT * log_volume.EVENT_BYTES
    )
    stack.require_running()
    return [
        # Its customers use three of the eight operations.
        Row("series of a service", of_one(one, SERVICE), len(shown), 2),
        Row(
            "series of an exporter",
            of_one(one, EXPORTER),
            len(page(f"http://127.0.0.1:{ports.exporter}/metrics")),
            1.5,
        ),
        Row("bytes of a request's line", log_volume.REQUEST_BYTES.usual, statistics.mean(requests_ended), 1.25),
        Row("bytes of an event's line", log_volume.EVENT_BYTES.usual, statistics.mean(events), 1.25),
        Row("log bytes a second", computed.usual * payments / seconds, log.stat().st_size / seconds, 1.5),
    ]


def block_row(data: Path) -> Row:
    """Return bytes a sample of what the demo's Prometheus has stored, written as a block."""
    (data.parent / "prometheus.yml").write_text("{}")
    (data.parent / "data").symlink_to(data)
    with prometheus(data.parent, "--web.enable-admin-api") as url:
        wait_ready(url)
        answer = requests.post(f"{url}/api/v1/admin/tsdb/snapshot", timeout=120)
        snapshot = data / "snapshots" / answer.json()["data"]["name"]
    samples = size = 0
    for meta in snapshot.glob("*/meta.json"):
        samples += json.loads(meta.read_text())["stats"]["numSamples"]
        size += sum(file.stat().st_size for file in (meta.parent / "chunks").iterdir())
    return Row("bytes of a sample, without index", costs.SAMPLE_BYTES.usual, size / samples, 2)


def wait_ready(url: str) -> None:
    """Wait until a Prometheus answers, at most a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/-/ready", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"{url} did not become ready")


def readings(urls: Mapping[int, str]) -> dict[int, list[dict[str, float]]]:
    """Return the pages of all Prometheis, an interval apart."""
    found: dict[int, list[dict[str, float]]] = {size: [] for size in urls}
    for _ in range(READINGS):
        time.sleep(INTERVAL)
        for size, url in urls.items():
            found[size].append(page(f"{url}/metrics"))
    return found


def mean_of(pages: list[dict[str, float]], name: str) -> float:
    """Return the mean of a metric, summed over its series."""
    return statistics.mean(sum(value for key, value in shown.items() if key.startswith(f"{name}[")) for shown in pages)


def fleet_rows(url: str, services: list[Watched], pages: list[dict[str, float]]) -> list[Row]:
    """Return what the Prometheus at ``url``, which watches ``services``, has cost."""
    api = PrometheusApi(url, timeout=60)
    count, one = len(services), services[0]
    several = population(count)
    extents = several.extents(sum(len(group.alerts) for group in one.groups), len(one.groups))
    found = stored(one.catalog, one.groups, several, extents)
    of_each, of_all = split(one.groups)
    scraping = one.settings.scraping
    cost = evaluation(of_each, found, scraping).seconds * count + evaluation(of_all, found, scraping).seconds
    targets = several.targets
    scraped = sum(targets[name] * (of_one(one, name) + OF_EACH_TARGET) for name in (SERVICE, EXPORTER))
    stored_scraped = api.value('count({job=~"service-.*|exporter-.*", __name__!~".*:.*|ALERTS.*"})') or 0
    recorded = api.value('count({__name__=~".+:.+"})') or 0
    head = mean_of(pages, "prometheus_tsdb_head_series")
    # On a busy machine, what groups say of themselves has waiting in it; no rule takes more than the whole process.
    processor = "process_cpu_seconds_total[]"
    used = (pages[-1][processor] - pages[0][processor]) / (len(pages) - 1)
    seconds = min(mean_of(pages, "prometheus_rule_group_last_duration_seconds"), used)
    resident = mean_of(pages, "process_resident_memory_bytes")
    rules = rules_in(of_each) * count + rules_in(of_all)
    memory = costs.PROCESS_BYTES.usual + costs.SERIES_BYTES.usual * head + costs.RULE_BYTES.usual * rules
    return [
        Row(f"{count} services: scraped series", scraped, stored_scraped, 1.05),
        Row(f"{count} services: recorded series", total(*found.recorded.values()).usual * count, recorded, 2),
        Row(f"{count} services: resident MiB", memory / costs.MIB, resident / costs.MIB, 2),
        Row(f"{count} services: rule seconds an interval", cost.usual, seconds, 2),
    ]


def main() -> None:
    """Print the figures."""
    services = [watched(number) for number in range(max(SIZES))]
    rows: list[Row] = []
    with sigterm_as_ctrl_c(), tempfile.TemporaryDirectory() as scratch, ExitStack() as running:
        extents = population(1).extents(1, len(services[0].groups))
        port = running.enter_context(publishers(services[0].catalog, extents))
        urls = {}
        for size in SIZES:
            directory = Path(scratch, str(size))
            directory.mkdir()
            write(services[:size], port, directory)
            urls[size] = running.enter_context(prometheus(directory))
            wait_ready(urls[size])
        house, ports = Path(scratch, "house"), Ports.any_free()
        started = time.monotonic()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DB_")}
        with (
            Stack(Settings(), house, ports, environment, lambda step: None) as stack,
            Traffic(stack.caller, PAYMENTS_PER_SECOND),
        ):
            begun = time.monotonic()
            print(f"the demo, and {SIZES} services: running for {WARM_UP} s ...", flush=True)
            time.sleep(max(0.0, WARM_UP - (begun - started)))
            rows += demo_rows(stack, ports, house, time.monotonic() - begun)
        rows.append(block_row(house / "prometheus-data"))
        found = readings(urls)
        for size, url in urls.items():
            rows += fleet_rows(url, services[:size], found[size])
    report(rows)


def report(rows: list[Row]) -> None:
    """Print computed beside measured, and exit with 1 where an estimate is off by more than its factor."""
    print(f"{'':44}{'computed':>12}{'measured':>12}{'ratio':>8}{'allowed':>9}")
    for row in rows:
        mark = "" if row.holds else "  off"
        print(f"{row.what:44}{row.computed:12,.4g}{row.measured:12,.4g}{row.ratio:8.2f}{row.factor:9.2f}{mark}")
    sys.exit(not all(row.holds for row in rows))


if __name__ == "__main__":
    main()
