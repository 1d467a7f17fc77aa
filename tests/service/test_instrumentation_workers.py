"""Metrics of several worker processes are one, and survive those that die."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from waiting import wait_until

from payment_catalog.metric import WorkerAggregation
from payment_service.instrumentation import workers
from payment_service.instrumentation.workers import DIRECTORY_VARIABLE, WorkersCollector, locked, retire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: A process that counts what it is told on standard input, one JSON object a line, and answers each with its id.
WORKER = """
import json, os, sys
from prometheus_client import CollectorRegistry
from payment_catalog.exposition import UntypedCounter, counter, gauge, histogram
from payment_catalog.metric import Label, Metric, MetricType, WorkerAggregation

registry = CollectorRegistry()
requests = counter(Metric("requests_total", MetricType.COUNTER, "R.", "p", (Label("code", bound="few"),)), registry)
seconds = histogram(Metric("seconds", MetricType.HISTOGRAM, "S.", "p", buckets=(1.0, 2.0)), registry)
calls = UntypedCounter(Metric("suspicious_api_calls", MetricType.UNKNOWN, "C.", "p"), registry)
levels = {
    way.value: gauge(Metric(f"level_{way}", MetricType.GAUGE, "L.", "p", workers=way), registry)
    for way in WorkerAggregation
}
for line in sys.stdin:
    order = json.loads(line)
    for code in order.get("requests", ()):
        requests.labels(code).inc()
    for value in order.get("seconds", ()):
        seconds.observe(value)
    for _ in range(order.get("calls", 0)):
        calls.inc()
    for level in levels.values():
        if "level" in order:
            level.set(order["level"])
    print(os.getpid(), flush=True)
"""


class Counting:
    """A worker process without a server."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env={**os.environ, DIRECTORY_VARIABLE: str(directory)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def count(self, **order: Any) -> int:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Counting]]:
    started: list[Counting] = []

    def start_one() -> Counting:
        started.append(Counting(tmp_path))
        return started[-1]

    yield start_one
    for worker in started:
        worker.end()


def values(directory: Path) -> dict[str, float]:
    """Return each series that the workers publish together, by name and labels."""
    families = WorkersCollector(directory).collect()
    return {
        sample.name + "".join(f",{value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_workers_count_is_added_up_and_outlives_them(start: Callable[[], Counting], tmp_path: Path) -> None:
    first, second = start(), start()
    pid = first.count(requests=["200", "200", "500"], seconds=[0.5, 5], calls=2)
    second.count(requests=["200"], seconds=[1.5], calls=1)
    expected = {
        "requests_total,200": 3,
        "requests_total,500": 1,
        "seconds_sum": 7,
        "seconds_count": 3,
        "seconds_bucket,1.0": 1,
        "seconds_bucket,2.0": 2,
        "seconds_bucket,+Inf": 3,
        "suspicious_api_calls": 3,
    }
    assert expected.items() <= values(tmp_path).items()
    first.end()
    with locked(tmp_path, exclusive=True):
        retire(tmp_path, pid)
    assert expected.items() <= values(tmp_path).items()
    assert list(tmp_path.glob(f"*{pid}*")) == []
    third = start()
    third_pid = third.count(requests=["200"], calls=4)
    third.end()
    retire(tmp_path, third_pid)
    assert values(tmp_path)["requests_total,200"] == 4
    assert values(tmp_path)["suspicious_api_calls"] == 7


def test_gauges_are_aggregated_as_declared_and_leave_out_the_dead(
    start: Callable[[], Counting], tmp_path: Path
) -> None:
    first, second = start(), start()
    pid = first.count(level=5)
    second.count(level=2)
    expected = {"sum": 7, "max": 5, "min": 2, "latest": 2}
    assert expected.keys() == set(WorkerAggregation)
    assert {way: values(tmp_path)[f"level_{way}"] for way in expected} == expected
    first.end()
    retire(tmp_path, pid)
    assert {way: values(tmp_path)[f"level_{way}"] for way in expected} == dict.fromkeys(expected, 2)


def test_an_untyped_counter_keeps_its_name(start: Callable[[], Counting], tmp_path: Path) -> None:
    start().count(calls=1)
    text = generate_openmetrics(WorkersCollector(tmp_path)).decode()
    assert "# TYPE suspicious_api_calls unknown\n" in text
    assert "\nsuspicious_api_calls 1.0\n" in text
    assert len(list(parse_openmetrics(text))) > 3


def test_a_file_that_a_worker_has_just_created_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "counter_1.db").touch()
    assert "requests_total" not in values(tmp_path)
    retire(tmp_path, 1)
    assert list(tmp_path.glob("*.db")) == []


def test_no_scrape_sees_a_value_twice_or_not_at_all_while_workers_are_retired(
    start: Callable[[], Counting], tmp_path: Path
) -> None:
    seen: list[tuple[float, ...]] = []
    ended = threading.Event()
    living = [start() for _ in range(4)]
    # These fractions have another sum in another order.
    pids = [
        worker.count(requests=["200"] * 10, calls=10, seconds=[part])
        for worker, part in zip(living, (0.7, 0.1, 0.3, 0.2), strict=True)
    ]

    def scrape() -> None:
        while not ended.is_set():
            found = values(tmp_path)
            seen.append(tuple(found[name] for name in ("requests_total,200", "suspicious_api_calls", "seconds_sum")))

    scraper = threading.Thread(target=scrape)
    scraper.start()
    for worker, pid in zip(living, pids, strict=True):
        scrapes = len(seen)
        wait_until("another scrape", lambda scrapes=scrapes: len(seen) > scrapes)
        worker.end()
        with locked(tmp_path, exclusive=True):
            retire(tmp_path, pid)
    ended.set()
    scraper.join(30)
    assert set(seen) == {(40, 40, 1.3)}


def test_a_lock_that_stays_held_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_LOCK_SECONDS", 0.05)
    with locked(tmp_path, exclusive=True), pytest.raises(TimeoutError, match="lock"):
        values(tmp_path)
    with locked(tmp_path, exclusive=False):
        assert values(tmp_path) == {}
