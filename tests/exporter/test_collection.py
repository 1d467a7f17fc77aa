"""Collectors side by side: one that hangs or fails is nobody else's matter."""

from __future__ import annotations

import math
import re
import threading
import time
from typing import TYPE_CHECKING

import pytest

from payment_catalog.exporter_metrics import backup, operation
from payment_catalog.exposition import family, single
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.collection import Runner, scrape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric as MetricFamily

    from payment_catalog.metric import Metric


def files(number: int) -> MetricFamily:
    return single(backup.FILES, number)


class Works:
    name = ExporterCollector.BACKUP

    def collect(self, within: float = math.inf) -> Sequence[MetricFamily]:
        return [files(3)]

    def close(self) -> None:
        pass


class Fails(Works):
    name = ExporterCollector.POSTGRES

    def collect(self, within: float = math.inf) -> Iterator[MetricFamily]:
        yield family(backup.LAST_SIZE, {})
        raise ConnectionError("refused\npassword=secret")


class Exits(Works):
    name = ExporterCollector.REDIS

    def collect(self, within: float = math.inf) -> Sequence[MetricFamily]:
        raise SystemExit(1)


class Hangs(Works):
    name = ExporterCollector.BUSINESS

    def __init__(self) -> None:
        self.released = threading.Event()
        self.runs = 0

    def collect(self, within: float = math.inf) -> Sequence[MetricFamily]:
        self.runs += 1
        self.released.wait(60)
        return []


@pytest.fixture
def hangs() -> Iterator[Hangs]:
    collector = Hangs()
    yield collector
    collector.released.set()


def value(families: Sequence[MetricFamily], metric: Metric, collector: ExporterCollector) -> float:
    (found,) = (
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == metric.name and sample.labels == {"collector": collector}
    )
    return found


def success(runner: Runner) -> float:
    return value(scrape([runner]), operation.COLLECTOR_SUCCESS, runner.name)


def test_the_others_are_served_and_each_tells_how_it_went(hangs: Hangs, caplog: pytest.LogCaptureFixture) -> None:
    before = time.time()
    families = scrape([Runner(collector, 0.2) for collector in (hangs, Fails(), Exits(), Works())])
    assert [sample.value for family in families if family.name == backup.FILES.name for sample in family.samples] == [3]
    assert {name: value(families, operation.COLLECTOR_SUCCESS, name) for name in list(ExporterCollector)[:3]} == {
        ExporterCollector.BUSINESS: 0,
        ExporterCollector.POSTGRES: 0,
        ExporterCollector.REDIS: 0,
    }
    assert value(families, operation.COLLECTOR_SUCCESS, ExporterCollector.BACKUP) == 1
    assert value(families, operation.COLLECTOR_LAST_SUCCESS, ExporterCollector.BACKUP) >= before
    assert value(families, operation.COLLECTOR_LAST_SUCCESS, ExporterCollector.POSTGRES) == 0
    assert value(families, operation.COLLECTOR_DURATION, ExporterCollector.BUSINESS) > 0
    assert "ConnectionError: refused" in caplog.text
    assert re.search(r"collector=business reason=has not ended within 0\.\d s", caplog.text)
    assert "secret" not in caplog.text


def test_what_was_read_before_a_failure_is_published() -> None:
    assert backup.LAST_SIZE.name in {family.name for family in scrape([Runner(Fails(), 5)])}


def test_a_collector_that_hangs_is_not_started_again_and_recovers(
    hangs: Hangs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    runner = Runner(hangs, 0.05)
    for _ in range(5):
        assert success(runner) == 0
    assert hangs.runs == 1
    assert caplog.text.count("has not ended") == 1
    hangs.released.set()
    for thread in threading.enumerate():
        if thread.name == "collector-business":
            thread.join(10)
    assert success(runner) == 1
    assert hangs.runs == 2
    assert "collector succeeds again collector=business" in caplog.text


def test_each_has_a_time_out_of_its_own_and_none_outlasts_the_scrape(hangs: Hangs) -> None:
    """The second one would be waited for an hour."""
    other = Hangs()
    other.name = ExporterCollector.POSTGRES
    families = scrape([Runner(hangs, 0.05), Runner(other, 3600)], limit=0.2)
    other.released.set()
    assert value(families, operation.COLLECTOR_SUCCESS, ExporterCollector.BUSINESS) == 0
    assert value(families, operation.COLLECTOR_SUCCESS, ExporterCollector.POSTGRES) == 0


class Listens(Works):
    """Remembers how long each scrape gave it."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def collect(self, within: float = math.inf) -> Sequence[MetricFamily]:
        self.told.append(within)
        return []


def test_a_collector_is_told_how_soon_the_scrape_ends() -> None:
    collector = Listens()
    for limit in (9.5, None):
        scrape([Runner(collector, 60)], limit)
    assert collector.told == [9.5, math.inf]
