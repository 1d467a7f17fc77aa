"""The runbook's commands as they stand there, on a service with the real PostgreSQL."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import requests
from e2e.shop import KEY, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Postgres

STATEMENTS = [
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active';",
    "SELECT * FROM pg_locks WHERE NOT granted;",
    "SELECT query, mean_time, calls FROM pg_stat_statements ORDER BY mean_time DESC LIMIT 10;",
    "SELECT query, mean_time, calls, total_time FROM pg_stat_statements WHERE mean_time > 1000;",
    "SELECT * FROM pg_stat_activity WHERE query_start < now() - interval '1 minute';",
    "SELECT tablename, attname, n_distinct, correlation FROM pg_stats WHERE schemaname = 'public' ORDER BY 1, 2;",
    "\\d payments",
    "ANALYZE payments;",
    "ANALYZE refunds;",
    "ANALYZE payment_attempts;",
    "ANALYZE;",
    "DELETE FROM payment_attempts WHERE created_at < NOW() - INTERVAL '90 days';",
    "SELECT count(*) FROM payments;",
    "SELECT count(*) FROM refunds;",
    "SELECT COUNT(*) FROM payments WHERE created_at > '2024-01-15';",
]
#: With what curl prints as the runbook has it.
PAGES = {
    "/health": "ok",
    "/ready": "ready",
    "/metrics": "goroutines",
}
LOG_PATTERNS = ["ERROR", "payment.*failed", "rate limit", "auth.*failed"]


@pytest.fixture(scope="module")
def shop(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Postgres]]:
    postgres.sql("CREATE DATABASE runbook")
    database = postgres.named("runbook")
    with Shop(tmp_path_factory.mktemp("runbook"), database.environment, {"RATE_LIMIT": "20/minute"}) as shop:
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {KEY}"
        body = {"amount_minor": 1000, "currency": "MYR", "method": "card"}
        payment = session.post(f"{shop.url}/payments", json=body, timeout=20).json()["id"]
        assert session.post(f"{shop.url}/payments/{payment}/refunds", json={}, timeout=20).ok
        shop.turn(error_rate=1)
        for _ in range(6):  # until the breaker opens, and one that it refuses
            session.post(f"{shop.url}/payments", json=body, timeout=20)
        for _ in range(20):
            session.get(f"{shop.url}/payments/{uuid4()}", timeout=20)
        session.get(f"{shop.url}/payments", headers={"Authorization": "Bearer wrong"}, timeout=20)
        yield shop, database


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_for_psql_runs(shop: tuple[Shop, Postgres], statement: str) -> None:
    shop[1].sql(statement)


def test_slow_statements_are_listed(shop: tuple[Shop, Postgres]) -> None:
    ours = "query LIKE 'INSERT INTO payments%'"
    found = shop[1].sql(f"SELECT mean_time > 0, calls FROM pg_stat_statements WHERE {ours} ORDER BY mean_time DESC;")
    assert re.match(r"t\|\d+", found)


@pytest.mark.parametrize(("path", "holds"), PAGES.items())
def test_curl_gets_an_answer(shop: tuple[Shop, Postgres], path: str, holds: str) -> None:
    assert holds in curl(f"{shop[0].url}{path}")


@pytest.mark.parametrize("pattern", LOG_PATTERNS)
def test_grep_finds_its_lines(shop: tuple[Shop, Postgres], pattern: str) -> None:
    assert [line for line in shop[0].log.splitlines() if re.search(pattern, line)]


def test_the_profiles_are_there(shop: tuple[Shop, Postgres]) -> None:
    debug = f"http://localhost:{shop[0].ports.debug}/debug/pprof"
    assert re.match(r"goroutine profile: total \d+", curl(f"{debug}/goroutine?debug=1"))
    heap = subprocess.run(
        ["curl", "--silent", "--fail", "--noproxy", "*", "--output", "-", f"{debug}/heap"],
        capture_output=True,
        timeout=60,
        check=True,
    ).stdout
    assert heap.startswith(b"\x1f\x8b")  # a gzipped profile, as Go writes it
    public = requests.get(f"{shop[0].url}/debug/pprof/heap", timeout=20)
    assert public.status_code == 404


def curl(url: str) -> str:
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
