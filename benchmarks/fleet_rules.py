"""Whether one Prometheus loads and evaluates the rules of a whole fleet in time.

``payobs generate --fleet`` makes the rules; the configuration is the one that it makes for the fleet, but for the
addresses: one server on this machine publishes the series of the services that are ``--present``, an instance of five
routes and an exporter each. When the windows of five minutes are full, Prometheus tells how long its rule groups took
and how many evaluations it left out. Exits with 1 when it left out any, when a group took longer than the interval, or
when Prometheus took more than 12 GB.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import requests
import yaml
from fleet import counters, gauges
from page_server import serving

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from sockets import free_port

from payment_alerts.tool import find_tool
from payment_catalog.exporter_metrics import EXPORTER_METRICS
from payment_catalog.external_metrics import PROCESS_METRICS
from payment_catalog.service_metrics import SERVICE_METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.metric import Metric

MOST_MEMORY = 12 * 10**9
#: Seconds until windows of five minutes are full.
WARM_UP = 330
SCRAPED_EVERY = "30s"
_LESS_USED_ROUTE = re.compile(r'route="/route-(?:[5-9]|1\d)"')
_FAILED = re.compile(r'code="500"|status="failed"|fail|suspicious|security|lag_seconds_bucket')
_GROUP = re.compile(r"^prometheus_rule_group_(last_duration_seconds|iterations_missed_total|iterations_total|rules)"
                    r"\{[^}]*\} (\S+)$", re.MULTILINE)  # fmt: skip
_HEAD = re.compile(r"^prometheus_tsdb_head_series (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """Of all groups: seconds of the last evaluation, evaluations and those left out since the start; series; bytes."""

    groups: int
    rules: int
    seconds: float
    longest: float
    evaluated: float
    missed: float
    series: int
    memory: int


class Published:
    """What an instance and an exporter publish, with counters that grow by one a second."""

    def __init__(self) -> None:
        process = tuple({metric.name: metric for metric in PROCESS_METRICS}.values())
        self._pages = (_page((*SERVICE_METRICS, *process)), _page((*EXPORTER_METRICS, *process)))
        self._started = time.monotonic()

    def __call__(self, path: str) -> bytes:
        """Return the page at ``path``."""
        grown = f"{time.monotonic() - self._started:.0f}".encode()
        return self._pages[path.startswith("/exporter")].replace(b"@", grown)


def _page(metrics: tuple[Metric, ...]) -> bytes:
    lines: list[str] = []
    for metric in metrics:
        lines.append(f"# TYPE {metric.name} {metric.type}")
        found = [(series, "0" if _FAILED.search(series) else "@") for series, _ in counters(metric)]
        found += [(series, f"{value}") for series, value in gauges(metric)]
        lines += [f"{series} {value}" for series, value in found if not _LESS_USED_ROUTE.search(series)]
    return "\n".join([*lines, ""]).encode()


def generate(directory: Path, services: int, interval: str) -> Path:
    """Generate a fleet that is evaluated at that interval; return the configuration of its Prometheus."""
    files, out = directory / "services", directory / "generated"
    files.mkdir()
    (files / "base.yaml").write_text(
        f"scraping: {{interval: {SCRAPED_EVERY}, evaluation_interval: {interval}}}\n"
        "urls: {prometheus: 'https://prometheus.example'}\n"
    )
    for number in range(services):
        (files / f"shop-{number:04d}.yaml").write_text(f"service: shop-{number:04d}\n")
    command = (sys.executable, "-m", "payment_bundle", "generate", f"--fleet={files}", f"--out={out}")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)
    return out / "fleet/prometheus.example/prometheus/prometheus.yml"


def with_addresses(configuration: Path, port: int, present: int) -> Path:
    """Write the same configuration, with the server in place of the first ``present`` services, and nobody to tell."""
    content = yaml.load(configuration.read_bytes(), yaml.CSafeLoader)
    jobs = [job for job in content["scrape_configs"] if job["job_name"].startswith("shop-")][: 2 * present]
    for job in jobs:
        kind = "exporter" if job["job_name"].endswith("-exporter") else "service"
        (static,) = job["static_configs"]
        (target,) = static["targets"]
        static["targets"] = [f"127.0.0.1:{port}"]
        static["labels"] |= {"instance": target, "__metrics_path__": f"/{kind}"}
    file = configuration.with_name("benchmark.yml")
    local = {**content, "scrape_configs": jobs, "alerting": {}}
    file.write_text(yaml.dump(local, Dumper=yaml.CSafeDumper, sort_keys=False))
    return file


@contextmanager
def prometheus(configuration: Path, data: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run Prometheus and return its address and its process once it is ready."""
    address = f"127.0.0.1:{free_port()}"
    command = (
        find_tool("prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address={address}",
        "--log.level=error",
    )
    process = subprocess.Popen(command)
    try:
        started = time.monotonic()
        while not _ready(address):
            if process.poll() is not None or time.monotonic() - started > 600:
                raise RuntimeError("Prometheus does not come up")
            time.sleep(1)
        print(f"loaded after {time.monotonic() - started:.0f} s", flush=True)
        yield f"http://{address}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(120)


def _ready(address: str) -> bool:
    try:
        return requests.get(f"http://{address}/-/ready", timeout=5).ok
    except requests.RequestException:
        return False


def read(url: str, process: psutil.Process) -> Reading:
    """Return what Prometheus tells about itself; raises RuntimeError where it takes too much memory."""
    memory = process.memory_info().rss
    if memory > MOST_MEMORY:
        raise RuntimeError(f"Prometheus takes {memory / 1e9:.1f} GB")
    text = requests.get(f"{url}/metrics", timeout=120).text
    values: dict[str, list[float]] = {}
    for name, value in _GROUP.findall(text):
        values.setdefault(name, []).append(float(value))
    found = _HEAD.search(text)
    seconds = values["last_duration_seconds"]
    return Reading(
        len(seconds),
        int(sum(values["rules"])),
        sum(seconds),
        max(seconds),
        sum(values["iterations_total"]),
        sum(values["iterations_missed_total"]),
        int(float(found[1])) if found else 0,
        memory,
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--present", type=int, default=100)
    parser.add_argument("--interval", type=int, default=60, help="seconds between two evaluations")
    parser.add_argument("--readings", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, serving(Published()) as port:
        directory = Path(scratch)
        configuration = generate(directory, given.services, f"{given.interval}s")
        local = with_addresses(configuration, port, given.present)
        print(f"rules of {given.services} services, series of {given.present}, every {given.interval} s", flush=True)
        with prometheus(local, directory / "data") as (url, process):
            for _ in range(WARM_UP // 30):
                time.sleep(30)
                if process.memory_info().rss > MOST_MEMORY:
                    raise RuntimeError("Prometheus takes more than 12 GB")
            before, cpu = read(url, process), sum(process.cpu_times()[:2])
            began = time.monotonic()
            time.sleep(given.interval * given.readings)
            after, spent = read(url, process), sum(process.cpu_times()[:2]) - cpu
            elapsed = time.monotonic() - began
    missed = after.missed - before.missed
    print(f"{after.groups} groups with {after.rules} rules, {after.series} series")
    print(
        f"the last evaluations of all groups lasted {after.seconds:.1f} s together, the longest {after.longest:.2f} s"
    )
    print(f"{after.evaluated - before.evaluated:.0f} evaluations of groups, {missed:.0f} left out")
    print(f"Prometheus takes {spent / elapsed:.2f} cores and {after.memory / 1e9:.1f} GB")
    sys.exit(missed > 0 or after.longest > given.interval)


if __name__ == "__main__":
    main()
