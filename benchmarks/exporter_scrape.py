"""Time of a scrape with five thousand and with five million payments, beside query-exporter's plain aggregates.

Both exporters read the same figures of the same PostgreSQL server, started for this. query-exporter is installed into
an environment of its own below ``.build``, and runs the queries that one would write first: counts and sums over the
tables, at each scrape. Exits with 1 when our scrape of the large table takes 1.5 times that of the small one, or more.

Also the price of the totals: what a payment costs the database with and without the triggers that keep them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psycopg
import requests
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from postgres_server import Postgres, postgres_server  # noqa: E402
from sockets import free_port  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GOAL = 1.5
SMALL, LARGE = 5_000, 5_000_000
SCRAPES = 41
PEER_SCRAPES = 5
CHUNK = 500_000

OURS = str(Path(sys.executable).with_name("payment-exporter"))
SERVICE = str(Path(sys.executable).with_name("payment-service"))
PEER = "query-exporter==5.0.2"
PEER_ENVIRONMENT = ROOT / ".build" / "query-exporter"

FILL = """
INSERT INTO payments (id, merchant, idempotency_key, request_digest, amount_minor, currency, method, status,
  failure_reason, gateway_reference, created_at, updated_at)
SELECT lpad(n::text, 36, '0'), 'shop-' || n % 50, n::text, '', n % 100000 + 1,
  ('{{MYR,SGD,THB,IDR,USD,JPY}}'::text[])[n % 6 + 1], ('{{card,fpx,grabpay,boost,tng}}'::text[])[n % 5 + 1],
  CASE WHEN n % 25 = 0 THEN 'failed' WHEN n % 40 = 1 THEN 'cancelled' ELSE 'succeeded' END,
  CASE WHEN n % 25 = 0 THEN 'declined' END, n::text,
  now() - n * interval '1 second', now() - n * interval '1 second'
FROM generate_series({first}, {last}) AS n;
INSERT INTO refunds (id, payment_id, merchant, idempotency_key, amount_minor, currency, status, created_at, updated_at)
SELECT id, id, merchant, id, 1, currency, 'succeeded', updated_at, updated_at FROM payments
WHERE id BETWEEN lpad('{first}', 36, '0') AND lpad('{last}', 36, '0') AND amount_minor % 25 = 7;
INSERT INTO payment_attempts (id, payment_id, operation, outcome, created_at, resolved_at, next_check_at)
SELECT id, id, 'charge', 'accepted', created_at, created_at, created_at FROM payments
WHERE id BETWEEN lpad('{first}', 36, '0') AND lpad('{last}', 36, '0') AND amount_minor % 10 = 3
"""
#: Of each metric of query-exporter: its labels, and its query.
AGGREGATES = {
    "payments": (
        ["method", "status", "currency"],
        "SELECT method, status, currency, count(*) AS payments FROM payments GROUP BY 1, 2, 3",
    ),
    "revenue": (
        ["currency"],
        "SELECT currency, sum(amount_minor)::float AS revenue FROM payments WHERE status = 'succeeded' GROUP BY 1",
    ),
    "failures": (
        ["failure_reason"],
        "SELECT failure_reason, count(*) AS failures FROM payments WHERE status = 'failed' GROUP BY 1",
    ),
    "refunds": (
        ["status", "currency"],
        "SELECT status, currency, count(*) AS refunds FROM refunds GROUP BY 1, 2",
    ),
}
PAY = """
WITH payment AS (
  INSERT INTO payments (id, merchant, idempotency_key, request_digest, amount_minor, currency, method, status,
    created_at, updated_at) VALUES (%(id)s, 'bench', %(id)s, '', 1, 'MYR', 'card', 'pending', now(), now())
) SELECT 1
"""
SETTLE = "UPDATE payments SET status = 'succeeded', updated_at = now() WHERE id = %(id)s"


@dataclass(frozen=True)
class Contender:
    """A running exporter."""

    name: str
    url: str
    scrapes: int

    def seconds(self) -> float:
        """Return the median time of a scrape; the first one, which opens connections, does not count."""
        taken = []
        for number in range(self.scrapes + 1):
            started = time.perf_counter()
            answer = requests.get(self.url, timeout=120)
            if number:
                taken.append(time.perf_counter() - started)
            answer.raise_for_status()
        return statistics.median(taken)


@contextmanager
def running(
    name: str, command: Sequence[str], url: str, environment: dict[str, str], scrapes: int
) -> Iterator[Contender]:
    """Run an exporter until the block ends."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                requests.get(url, timeout=30)
                break
            except requests.ConnectionError:
                if time.monotonic() > deadline or process.poll() is not None:
                    sys.exit(f"{name} does not answer at {url}")
                time.sleep(0.1)
        yield Contender(name, url, scrapes)
    finally:
        process.terminate()
        process.wait(30)


def query_exporter(database: Postgres, directory: Path) -> tuple[list[str], str]:
    """Return the command that runs query-exporter with plain aggregates, and its address."""
    program = PEER_ENVIRONMENT / "bin" / "query-exporter"
    if not program.exists():
        print(f"installing {PEER} into {PEER_ENVIRONMENT} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(PEER_ENVIRONMENT)], check=True)
        install = [str(PEER_ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, PEER, "psycopg2-binary"], check=True)
    variables = database.environment
    dsn = "postgresql+psycopg2://{DB_USER}@{DB_HOST}:{DB_PORT}/{DB_NAME}".format_map(variables)
    configuration = {
        "databases": {"payments": {"dsn": dsn}},
        "metrics": {name: {"type": "gauge", "labels": labels} for name, (labels, _) in AGGREGATES.items()},
        "queries": {
            name: {"databases": ["payments"], "metrics": [name], "sql": sql} for name, (_, sql) in AGGREGATES.items()
        },
    }
    file = directory / "query-exporter.yaml"
    file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    port = free_port()
    return [str(program), "--config", str(file), "--port", str(port), "--host", "127.0.0.1"], (
        f"http://127.0.0.1:{port}/metrics"
    )


def load(database: Postgres, first: int, last: int) -> None:
    """Fill the tables with the payments of these numbers, and say how far it is."""
    with connect(database) as connection:
        for start in range(first, last + 1, CHUNK):
            end = min(start + CHUNK - 1, last)
            for statement in FILL.format(first=start, last=end).split(";"):
                connection.execute(statement)
            print(f"  loaded {end:,} payments", flush=True)
        connection.execute("VACUUM ANALYZE")


def connect(database: Postgres) -> psycopg.Connection[tuple[object, ...]]:
    """Open a connection that commits each statement."""
    variables = database.environment
    return psycopg.connect(
        host=variables["DB_HOST"],
        port=variables["DB_PORT"],
        user=variables["DB_USER"],
        dbname=variables["DB_NAME"],
        autocommit=True,
    )


def price_of_totals(database: Postgres, payments: int = 3000) -> float:
    """Return how much longer a payment takes the database because it is counted, as a ratio."""
    taken: dict[str, list[float]] = {"origin": [], "replica": []}
    with connect(database) as connection:
        for round_ in range(6):
            for role in sorted(taken, reverse=bool(round_ % 2)):  # "replica" lets no trigger fire
                connection.execute(f"SET session_replication_role = {role}")
                started = time.perf_counter()
                for number in range(payments):
                    payment = {"id": f"bench-{role}-{round_}-{number}"}
                    connection.execute(PAY, payment)
                    connection.execute(SETTLE, payment)
                taken[role].append(time.perf_counter() - started)
    return statistics.median(taken["origin"]) / statistics.median(taken["replica"])


def main() -> None:
    """Print the figures."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        database = stack.enter_context(postgres_server())
        environment = {**os.environ, **database.environment}
        subprocess.run([SERVICE, "migrate", "up"], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=120)
        port = free_port()
        only = [f"--no-collector.{name}" for name in ("redis", "host", "backup", "probe")]
        load(database, 1, SMALL)
        ours = stack.enter_context(
            running(
                "payment-exporter",
                [OURS, f"--web.listen-address=127.0.0.1:{port}", *only],
                f"http://127.0.0.1:{port}/metrics",
                environment,
                SCRAPES,
            )
        )
        command, url = query_exporter(database, directory)
        peer = stack.enter_context(running("query-exporter", command, url, environment, PEER_SCRAPES))
        small = {contender.name: contender.seconds() for contender in (ours, peer)}
        load(database, SMALL + 1, LARGE)
        large = {contender.name: contender.seconds() for contender in (ours, peer)}
        price = price_of_totals(database)

    print(f"median time of a scrape, {SMALL:,} and {LARGE:,} payments")
    for name, seconds in small.items():
        print(f"  {name:<18}{seconds * 1000:10.1f} ms {large[name] * 1000:10.1f} ms   x {large[name] / seconds:.2f}")
    print(f"  with {LARGE:,} payments query-exporter takes {large[peer.name] / large[ours.name]:.0f} times as long")
    print(f"a payment with its totals kept costs the database {price:.2f} times what it costs without")
    growth = large[ours.name] / small[ours.name]
    if growth >= GOAL:
        sys.exit(f"the time of our scrape grew {growth:.2f} times; it must stay below {GOAL}")


if __name__ == "__main__":
    main()
