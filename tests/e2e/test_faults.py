"""Faults in the middle of load, with the real PostgreSQL and Redis: afterwards database and gateway agree."""

from __future__ import annotations

import os
import signal
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests
from e2e.merchants import Merchants
from e2e.shop import KEY, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Postgres, Wait

#: What the gateway calls a charge that the database calls ...
STANDINGS = {"succeeded": "captured", "authorized": "authorized", "cancelled": "cancelled", "failed": "failed"}


class Scene:
    """A shop under load."""

    def __init__(self, shop: Shop, database: Postgres, wait: Wait) -> None:
        self.shop, self.database, self.wait = shop, database, wait
        self.merchants = Merchants(shop.url, KEY)

    def unresolved(self) -> int:
        return int(self.database.sql("SELECT count(*) FROM payment_attempts WHERE resolved_at IS NULL"))

    def rows(self, statement: str) -> list[list[str]]:
        return [line.split("|") for line in self.database.sql(statement).splitlines()]

    def wait_ready(self, status: int) -> None:
        self.wait(f"/ready says {status}", 60, lambda: _code(f"{self.shop.url}/ready") == status)


def _code(url: str) -> int:
    return requests.get(url, timeout=10).status_code


@pytest.fixture
def scene(tmp_path: Path, mortal_postgres: Postgres, wait: Wait) -> Iterator[Scene]:
    with Shop(tmp_path, mortal_postgres.environment, {"FIUU_TIMEOUT_SECONDS": "1"}) as shop:
        scene = Scene(shop, mortal_postgres, wait)
        yield scene
        scene.merchants.end()


def killed(scene: Scene) -> None:
    for times in range(1, 4):
        scene.wait("more load", 60, lambda times=times: scene.merchants.made >= 30 * times)
        os.kill(scene.shop.service.process.pid, signal.SIGKILL)
        scene.shop.service.process.wait(10)
        scene.shop.start_service()


def database_away(scene: Scene) -> None:
    scene.database.stop()
    try:
        scene.wait_ready(503)
        assert _code(f"{scene.shop.url}/health") == 200
    finally:
        scene.database.start()
    scene.wait_ready(200)


def redis_away(scene: Scene) -> None:
    scene.shop.redis.process.kill()
    scene.shop.redis.process.wait(10)
    scene.wait("/ready says so", 30, lambda: not scene.shop.ready()["checks"]["redis"]["up"])
    assert _code(f"{scene.shop.url}/ready") == 200
    scene.shop.start_redis()
    scene.wait("/ready says so", 30, lambda: bool(scene.shop.ready()["checks"]["redis"]["up"]))


def gateway_hangs(scene: Scene) -> None:
    scene.shop.turn(hang=True)
    scene.wait("operations are unknown", 30, lambda: scene.unresolved() >= 5)
    scene.shop.turn()


def gateway_lies_and_fails(scene: Scene) -> None:
    scene.shop.turn(error_rate=0.3, wrong_signature_rate=0.1, pending_rate=0.3, lost_callback_rate=0.5)
    made = scene.merchants.made
    scene.wait("some payments", 120, lambda: scene.merchants.made >= made + 60)
    scene.shop.turn()


@pytest.mark.parametrize("fault", [killed, database_away, redis_away, gateway_hangs, gateway_lies_and_fails])
def test_after_a_fault_database_and_gateway_agree(scene: Scene, wait: Wait, fault: Callable[[Scene], None]) -> None:
    scene.merchants.start()
    wait("load", 60, lambda: scene.merchants.made >= 30)
    fault(scene)
    made = scene.merchants.made
    wait("load that goes on", 60, lambda: scene.merchants.made >= made + 30)
    scene.merchants.end()
    wait("every outcome is known", 120, lambda: scene.unresolved() == 0)
    by_order = agree_on_payments(scene)
    agree_on_refunds(scene, by_order)


def agree_on_payments(scene: Scene) -> dict[str, Any]:
    booked = scene.shop.booked()
    charged_twice = [order for order, times in Counter(entry["order"] for entry in booked).items() if times > 1]
    assert charged_twice == []
    by_order = {entry["order"]: entry for entry in booked}
    rows = scene.rows("SELECT id, status, amount_minor, coalesce(gateway_reference, '') FROM payments")
    assert len(rows) >= scene.merchants.made
    assert by_order.keys() <= {identifier for identifier, *_ in rows}
    for identifier, status, minor, reference in rows:
        entry = by_order.get(identifier)
        if entry is None:
            assert status == "failed", identifier
            continue
        assert entry["name"] == STANDINGS[status], identifier
        assert (entry["reference"], Decimal(entry["amount"]) * 100) == (reference, Decimal(minor)), identifier
    return by_order


def agree_on_refunds(scene: Scene, by_order: dict[str, Any]) -> None:
    ours: dict[str, dict[str, Decimal]] = {}
    for identifier, payment, minor in scene.rows(
        "SELECT id, payment_id, amount_minor FROM refunds WHERE status = 'succeeded'"
    ):
        ours.setdefault(payment, {})[identifier] = Decimal(minor) / 100
    theirs = {
        order: {refund: Decimal(amount) for refund, amount in entry["refunds"].items()}
        for order, entry in by_order.items()
        if entry["refunds"]
    }
    assert theirs
    assert ours == theirs
    assert all(sum(refunds.values()) <= Decimal(by_order[order]["amount"]) for order, refunds in theirs.items())
    wrong = scene.database.sql(
        "SELECT count(*) FROM payments p WHERE refunded_minor <> (SELECT coalesce(sum(amount_minor), 0) "
        "FROM refunds r WHERE r.payment_id = p.id AND r.status <> 'failed')"
    )
    assert wrong == "0"
