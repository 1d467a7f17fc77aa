"""What is outgrown is named, with how many of the program are needed."""

from __future__ import annotations

from bundle.capacity.house import estimated

from payment_bundle.capacity.costs import GIB
from payment_bundle.capacity.limits import limits, reached
from payment_catalog.settings import Settings

SETTINGS = Settings()


def names(services: int, memory: float = 16, **more: int) -> list[str]:
    return [each.limit.name for each in reached(estimated(services, **more), limits(SETTINGS, memory * GIB))]


def test_one_service_outgrows_nothing() -> None:
    assert names(1) == []


def test_ten_thousand_services_outgrow_every_program() -> None:
    assert names(10_000) == [limit.name for limit in limits(SETTINGS, 16 * GIB)]


def test_memory_moves_the_limit() -> None:
    assert "PrometheusMemory" in names(1_000, memory=4)
    assert "PrometheusMemory" not in names(1_000, memory=64)


def test_more_instances_reach_it_sooner() -> None:
    assert "PrometheusMemory" in names(400, memory=4, instances=12)
    assert "PrometheusMemory" not in names(400, memory=16)


def test_so_many_programs_stay_below_the_limit() -> None:
    for each in reached(estimated(10_000), limits(SETTINGS, 16 * GIB)):
        assert each.found / each.programs <= each.limit.most < each.found / (each.programs - 1)
