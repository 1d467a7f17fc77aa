"""What the rules of one service cost a real Prometheus that watches 50 instances with 20 routes each.

Every series that service and exporter declare is published and scraped every 15 seconds until the windows of the
rules are full; what rules read of the days before is written into Prometheus' storage first. Then Prometheus tells how
long its rule groups took, ``prometheus_rule_group_last_duration_seconds``, again and again. Exits with 1 above 2 ms a
rule on average.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import promql_parser as ast
import requests
import yaml
from fleet import INSTANCES, ROUTES, SETTINGS, page, prometheus, scrape_job
from page_server import serving
from prometheus_client.parser import text_string_to_metric_families

from payment_alerts.groups import alert_groups, recordings
from payment_alerts.rules import rules
from payment_alerts.tool import find_tool
from payment_catalog.catalog import Catalog, build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.exporter_metrics import EXPORTER_METRICS
from payment_catalog.external_metrics import PROCESS_METRICS
from payment_catalog.promql import number, parse, quote
from payment_catalog.promql_text import places
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.service_metrics import SERVICE_METRICS

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))


if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_alerts.alert import AlertGroup

GOAL = 0.002
INTERVAL = 15
#: Seconds until the windows of five minutes are full.
WARM_UP = 330
READINGS = 8
HISTORY_DAYS = 30
#: Seconds between points: as they were recorded since yesterday, before that as far apart as Prometheus looks back at
#: the least. Longer windows read single points, of which there are as many either way.
RECENT_HOURS, RECENT_STEP, HISTORY_STEP = 30, 15, 240


@contextmanager
def instances() -> Iterator[int]:
    """Serve the pages of all instances on the port that is returned."""
    process = tuple({metric.name: metric for metric in PROCESS_METRICS}.values())
    metrics = {SERVICE: (*SERVICE_METRICS, *process), EXPORTER: (*EXPORTER_METRICS, *process)}
    started = time.monotonic()
    with serving(lambda path: page(metrics[path.split("/")[1]], time.monotonic() - started).encode()) as port:
        yield port


def configuration(port: int) -> dict[str, Any]:
    """Return a configuration of Prometheus in which one server stands for all instances."""
    (environment, place) = next(iter(SETTINGS.environments.items()))
    jobs = [
        scrape_job(SETTINGS, environment, SETTINGS.service, SERVICE, place.service, port),
        scrape_job(SETTINGS, environment, SETTINGS.exporter, EXPORTER, place.exporter, port),
    ]
    return {
        "global": {"scrape_interval": f"{INTERVAL}s", "evaluation_interval": f"{INTERVAL}s"},
        "rule_files": ["prometheus/rules/*.yaml"],
        "scrape_configs": jobs,
    }


def remembered(catalog: Catalog, groups: tuple[AlertGroup, ...]) -> Mapping[str, frozenset[str]]:
    """Return the recorded series, with their labels, that some rule reads further back than the present."""
    recorded = recordings(groups)
    declared = catalog.declared(recorded)
    names = {rule.record for rule in recorded}
    expressions = [rule.expr for rule in recorded] + [alert.expr for group in groups for alert in group.alerts]
    nodes = [place.node for expression in expressions for place in places(parse(expression))]
    read = {node.vector_selector.name for node in nodes if isinstance(node, ast.MatrixSelector)}
    read |= {node.name for node in nodes if isinstance(node, ast.VectorSelector) and node.offset}
    read |= {node.expr.name for node in nodes if isinstance(node, ast.SubqueryExpr) and hasattr(node.expr, "name")}
    return {name: declared[name] for name in sorted(names & read)}


def moments(now: int) -> Iterator[int]:
    """Return when a series was recorded, until ten minutes before ``now``; Unix time."""
    recent = now - RECENT_HOURS * 3600
    yield from range(now - HISTORY_DAYS * 86400, recent, HISTORY_STEP)
    yield from range(recent, now - 600, RECENT_STEP)


def write_history(catalog: Catalog, groups: tuple[AlertGroup, ...], directory: Path) -> None:
    """Write what recording rules would have left behind."""
    environment = next(iter(SETTINGS.environments))
    known = {"environment": environment, "namespace": SETTINGS.namespace, "job": SETTINGS.service}
    now = int(time.time()) // HISTORY_STEP * HISTORY_STEP
    history = directory / "history.txt"
    with history.open("w") as stream:
        for name, labels in remembered(catalog, groups).items():
            stream.write(f"# TYPE {name} gauge\n")
            filled = {label: known.get(label, "one") for label in sorted(labels - {"instance"})}
            series = f"{name}{{{','.join(f'{label}={quote(value)}' for label, value in filled.items())}}}"
            for moment in moments(now):
                stream.write(f"{series} {100 + moment % 7} {moment}\n")
        stream.write("# EOF\n")
    command = (
        find_tool("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(history),
        str(directory / "data"),
        # Else it reads the whole file once for every two hours.
        f"--max-block-duration={HISTORY_DAYS * 24}h",
    )
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)


def durations(url: str) -> tuple[dict[str, float], dict[str, int], float]:
    """Return seconds and rules by group as Prometheus tells them, and its series."""
    text = requests.get(f"{url}/metrics", timeout=10).text
    seconds: dict[str, float] = {}
    rules_of: dict[str, int] = {}
    head = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            group = sample.labels.get("rule_group", "").rpartition(";")[2]
            if sample.name == "prometheus_rule_group_last_duration_seconds":
                seconds[group] = sample.value
            elif sample.name == "prometheus_rule_group_rules":
                rules_of[group] = int(sample.value)
            elif sample.name == "prometheus_tsdb_head_series":
                head = sample.value
    return seconds, rules_of, head


def main() -> None:
    """Print the figures."""
    catalog = build_catalog(SETTINGS)
    groups = alert_groups(catalog)
    with tempfile.TemporaryDirectory() as scratch, instances() as port:
        directory = Path(scratch)
        for path, document in rules(catalog, groups).items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(yaml.safe_dump(document.content if isinstance(document, YamlDocument) else None))
        (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration(port)))
        write_history(catalog, groups, directory)
        with prometheus(directory) as url:
            print(f"{INSTANCES} instances with {ROUTES} routes: scraping for {WARM_UP} s ...", flush=True)
            time.sleep(WARM_UP)
            readings = []
            for _ in range(READINGS):
                time.sleep(INTERVAL)
                seconds, rules_of, head = durations(url)
                readings.append(seconds)
        means = {group: statistics.mean(reading[group] for reading in readings) for group in rules_of}
    report(means, rules_of, head)


def report(means: Mapping[str, float], rules_of: Mapping[str, int], head: float) -> None:
    """Print seconds by group, the dearest first, and exit with 1 where a rule costs too much."""
    print(f"{'group':40}{'rules':>7}{'ms':>9}{'ms a rule':>11}")
    for group, mean in sorted(means.items(), key=lambda item: -item[1]):
        print(f"{group:40}{rules_of[group]:7}{mean * 1000:9.2f}{mean * 1000 / rules_of[group]:11.2f}")
    total, count = sum(means.values()), sum(rules_of.values())
    print(f"{'all':40}{count:7}{total * 1000:9.2f}{total * 1000 / count:11.2f}")
    share = total / INTERVAL
    print(f"{head:.0f} series; the rules take {share:.2%} of one core, {number(GOAL * 1000)} ms a rule are allowed")
    sys.exit(total / count > GOAL)


if __name__ == "__main__":
    main()
