"""How fast a real Prometheus answers the dashboards, with 6 hours of 50 instances that have 20 routes each.

Every series that a dashboard reads is written into its storage as if scraped, or recorded, every 15 seconds. Then each
query of each panel is asked as Grafana asks it when the dashboard is opened, with nothing chosen. Exits with 1
where a query takes more than 100 ms (median of five).
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import yaml
from fleet import INSTANCES, ROUTES, SETTINGS, counters, gauges, label_sets, prometheus

import payment_dashboards
from payment_alerts.groups import alert_groups, watching
from payment_alerts.scenario_series import selector
from payment_alerts.tool import find_tool
from payment_catalog.catalog import Catalog, build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.documents import JsonDocument
from payment_catalog.durations import parse_duration
from payment_catalog.http_metrics import CODE, HTTP_REQUESTS, LATENCY_BUCKETS
from payment_catalog.promql import analyse
from payment_catalog.publishers import EXPORTER, SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

    from payment_catalog.watching import Watching

GOAL = 0.1
HOURS, SCRAPE = 6, 15
#: Seconds that a dashboard shows when it is opened.
RANGES = {"now-1h": 3600, "now-6h": 6 * 3600, "now-24h": 86400, "now-7d": 7 * 86400, "now-30d": 30 * 86400}
#: Grafana asks for about so many in a panel of a third of the screen.
POINTS = 400
REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a panel, as Prometheus gets it; ``span`` in seconds, 0 for an instant."""

    dashboard: Dashboard
    panel: str
    expr: str
    span: int
    step: int


@dataclass(frozen=True, slots=True)
class Answered:
    """How long the answer took, in seconds, and how many series it had."""

    asked: Asked
    seconds: float
    series: int


def queries(catalog: Catalog, watched: Watching) -> Iterator[Asked]:
    """Return every query of every dashboard."""
    documents = payment_dashboards.generate(catalog, watched)
    for dashboard in Dashboard:
        document = documents[f"grafana/dashboards/{dashboard}.json"]
        content = json.loads(json.dumps(document.content)) if isinstance(document, JsonDocument) else {}
        span = RANGES[content["time"]["from"]]
        choices = {item["name"]: item.get("allValue", "") for item in content["templating"]["list"]}
        for panel in content["panels"]:
            for target in panel.get("targets", ()):
                step = max(
                    span // POINTS, SCRAPE, int(parse_duration(panel.get("interval", f"{SCRAPE}s")).total_seconds())
                )
                yield Asked(
                    dashboard,
                    panel["title"],
                    interpolated(target["expr"], choices, span, step),
                    0 if target["instant"] else span,
                    step,
                )


def interpolated(expr: str, choices: Mapping[str, str], span: int, step: int) -> str:
    """Return ``expr`` with everything chosen."""
    builtin = {"$__rate_interval": f"{max(step + SCRAPE, 4 * SCRAPE)}s", "$__interval": f"{step}s"}
    for name, value in {**builtin, "$__range": f"{span}s"}.items():
        expr = expr.replace(name, value)
    for name, value in choices.items():
        expr = expr.replace(f"${name}", value)
    return expr


def write_history(catalog: Catalog, watched: Watching, file: TextIO, now: int) -> int:
    """Write what was scraped and recorded and is read, as OpenMetrics, and return how many series there are."""
    read = frozenset().union(*(analyse(asked.expr, {}).selected for asked in queries(catalog, watched)))
    environment, namespace = next(iter(SETTINGS.environments)), SETTINGS.namespace
    instances = {SERVICE: INSTANCES, EXPORTER: 2}
    moments = range(now - HOURS * 3600, now, SCRAPE)
    written = 0
    for metric in catalog.metrics:
        if not read & metric.series_names.keys():
            continue
        job = {SERVICE: SETTINGS.service, EXPORTER: SETTINGS.exporter}.get(metric.published_by, metric.published_by)
        for number in range(instances.get(metric.published_by, 1)):
            target = {"environment": environment, "namespace": namespace, "job": job, "instance": f"{job}-{number}:1"}
            for series, speed in counters(metric, target):
                written += 1
                write(file, series, (speed * (moment - moments[0]) for moment in moments), moments)
            for series, value in gauges(metric, target):
                written += 1
                # Where 0 is filtered out, there would be nothing to compute.
                write(file, series, itertools.repeat(value or 1), moments)
    return written + write_recorded(catalog, watched, read, file, moments)


def write(file: TextIO, series: str, values: Iterable[float], moments: range) -> None:
    """Write one series."""
    # OpenMetrics has no space between labels.
    series = series.replace('", ', '",')
    file.writelines(f"{series} {value:g} {moment}\n" for value, moment in zip(values, moments, strict=False))


def write_recorded(catalog: Catalog, watched: Watching, read: frozenset[str], file: TextIO, moments: range) -> int:
    """Write the recorded series and return how many there are."""
    declared = catalog.declared(watched.recordings)
    values = closed_values(catalog)
    written = 0
    for name in sorted(read & {rule.record for rule in (*catalog.recordings, *watched.recordings)}):
        for labels in recorded_label_sets(declared[name], values):
            written += 1
            write(file, selector(name, labels), (1 + moment % 7 for moment in moments), moments)
    return written


def closed_values(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return the values of each label that has a few."""
    found: dict[str, tuple[str, ...]] = {}
    for metric in catalog.metrics:
        for label in metric.labels:
            if label.values or label == CODE:
                found[label.name] = tuple(sorted({labels[label.name] for labels in label_sets(metric)}))
    return {**found, "le": (*map(str, LATENCY_BUCKETS), "+Inf")}


def recorded_label_sets(labels: frozenset[str], values: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Return the label sets of a recorded series; each route has one method."""
    sets = [
        {"environment": next(iter(SETTINGS.environments)), "namespace": SETTINGS.namespace, "job": SETTINGS.service}
    ]
    endpoints = {(found["method"], found["route"]) for found in label_sets(HTTP_REQUESTS)}
    left = labels - sets[0].keys()
    if {"route", "method"} <= left:
        sets = [{**sets[0], "method": method, "route": route} for method, route in sorted(endpoints)]
        left -= {"route", "method"}
    for label in sorted(left):
        sets = [{**found, label: value} for found in sets for value in values.get(label, ("one",))]
    return sets


def ask(url: str, asked: Asked, now: int) -> Answered:
    """Ask Prometheus several times and return the median."""
    seconds = []
    for _ in range(REPETITIONS + 1):
        start = time.perf_counter()
        if asked.span:
            times = {"start": now - asked.span, "end": now, "step": asked.step}
            answer = requests.post(f"{url}/api/v1/query_range", {"query": asked.expr, **times}, timeout=60)
        else:
            answer = requests.post(f"{url}/api/v1/query", {"query": asked.expr, "time": now}, timeout=60)
        seconds.append(time.perf_counter() - start)
        if answer.status_code != requests.codes.ok:
            raise SystemExit(f"{asked.panel}: {answer.text}")
    result = answer.json()["data"]["result"]
    # The first one warms the caches that a dashboard on a wall keeps warm.
    return Answered(asked, statistics.median(seconds[1:]), len(result))


def main() -> None:
    """Print the figures."""
    catalog = build_catalog(SETTINGS)
    watched = watching(alert_groups(catalog))
    now = int(time.time()) // SCRAPE * SCRAPE - 60
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        (directory / "prometheus.yml").write_text(yaml.safe_dump({"global": {"scrape_interval": f"{SCRAPE}s"}}))
        history = directory / "history.txt"
        with history.open("w") as file:
            count = write_history(catalog, watched, file, now)
            file.write("# EOF\n")
        print(f"{INSTANCES} instances with {ROUTES} routes: {count} series over {HOURS} hours ...", flush=True)
        command = (find_tool("promtool"), "tsdb", "create-blocks-from", "openmetrics")
        options = (str(history), str(directory / "data"), f"--max-block-duration={24}h")
        subprocess.run((*command, *options), check=True, stdout=subprocess.DEVNULL, timeout=1200)
        history.unlink()
        with prometheus(directory) as url:
            answers = [ask(url, asked, now) for asked in queries(catalog, watched)]
    report(answers)


def report(answers: list[Answered]) -> None:
    """Print the time of each dashboard and the slowest queries, and exit with 1 where one is too slow."""
    print(f"{'dashboard':28}{'queries':>9}{'all, ms':>10}{'slowest, ms':>13}  slowest panel")
    for dashboard in Dashboard:
        found = [answer for answer in answers if answer.asked.dashboard is dashboard]
        worst = max(found, key=lambda answer: answer.seconds)
        total = sum(answer.seconds for answer in found)
        print(f"{dashboard:28}{len(found):9}{total * 1000:10.0f}{worst.seconds * 1000:13.1f}  {worst.asked.panel}")
    slow = [answer for answer in answers if answer.seconds > GOAL]
    for answer in slow:
        print(f"too slow, {answer.seconds * 1000:.0f} ms for {answer.series} series: {answer.asked.panel}")
        print(f"    {answer.asked.expr}")
    without = {answer.asked.panel for answer in answers if not answer.series}
    print(f"{len(answers)} queries, {GOAL * 1000:.0f} ms are allowed")
    print(f"without data: {', '.join(sorted(without)) or 'none'}")
    sys.exit(bool(slow))


if __name__ == "__main__":
    main()
