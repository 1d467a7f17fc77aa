"""Collectors side by side: one that hangs or fails is nobody else's matter."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from payment_catalog.exporter_metrics import BACKUP_FILES
from payment_catalog.exposition import gauge_family
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.collector import Scrape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric


class Works:
    name = ExporterCollector.BACKUP

    def collect(self) -> Sequence[Metric]:
        family = gauge_family(BACKUP_FILES)
        family.add_metric([], 3)
        return [family]


class Fails:
    name = ExporterCollector.DATABASE

    def collect(self) -> Sequence[Metric]:
        raise ConnectionError("refused\npassword=secret")


class Hangs:
    name = ExporterCollector.BUSINESS

    def __init__(self) -> None:
        self.released = threading.Event()
        self.runs = 0

    def collect(self) -> Sequence[Metric]:
        self.runs += 1
        self.released.wait(60)
        return []


@pytest.fixture
def hangs() -> Iterator[Hangs]:
    collector = Hangs()
    yield collector
    collector.released.set()


def success(registry: CollectorRegistry, collector: ExporterCollector) -> float | None:
    return registry.get_sample_value("payment_exporter_collector_success", {"collector": collector})


def test_the_others_are_served_and_each_tells_how_it_went(hangs: Hangs, caplog: pytest.LogCaptureFixture) -> None:
    registry = CollectorRegistry()
    registry.register(Scrape([hangs, Fails(), Works()], timeout=0.2))
    assert registry.get_sample_value("backup_files") == 3
    assert success(registry, ExporterCollector.BACKUP) == 1
    assert success(registry, ExporterCollector.DATABASE) == 0
    assert success(registry, ExporterCollector.BUSINESS) == 0
    assert "ConnectionError: refused" in caplog.text
    assert "has not ended within 0.2 s" in caplog.text
    assert "secret" not in caplog.text


def test_a_collector_that_hangs_is_not_started_again_and_recovers(hangs: Hangs) -> None:
    registry = CollectorRegistry()
    registry.register(Scrape([hangs], timeout=0.05))
    for _ in range(5):
        assert success(registry, ExporterCollector.BUSINESS) == 0
    assert hangs.runs == 1
    hangs.released.set()
    for thread in threading.enumerate():
        if thread.name == "collector-business":
            thread.join(10)
    assert success(registry, ExporterCollector.BUSINESS) == 1
    assert hangs.runs == 2
