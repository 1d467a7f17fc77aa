"""Whatever a source does, a scrape answers, the others' figures are there, and the exporter recovers by itself."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from exporter.program import Program, exporter
from postgres_server import Postgres, postgres_server
from service_command import migrate
from sockets import free_port
from waiting import wait_until

from payment_bundle.demo.child import start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from payment_bundle.demo.child import Child

#: Of each collector, a figure that is there whenever it works.
FIGURES = {
    "business": "business_payments_total",
    "postgres": "database_size_bytes",
    "redis": "redis_connected_clients",
    "host": "host_disk_size_bytes",
    "backup": "backup_files",
    "elasticsearch": "elasticsearch_cluster_health_number_of_nodes",
}
TIMEOUT = "4s"
HEALTH = (
    b'{"cluster_name":"logs","status":"green","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,'
    b'"active_primary_shards":1,"active_shards":1,"relocating_shards":0,"initializing_shards":0,'
    b'"unassigned_shards":0,"delayed_unassigned_shards":0,"number_of_pending_tasks":0,'
    b'"number_of_in_flight_fetch":0,"task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":100.0}'
)
NOTHING = {
    "took": 1,
    "timed_out": False,
    "status": 200,
    "_shards": {"total": 0, "successful": 0, "skipped": 0, "failed": 0},
    "hits": {"hits": []},
}


class Logs(ThreadingHTTPServer):
    """An Elasticsearch that holds no logs, and can be told to answer as a broken one, or a proxy before it, does."""

    daemon_threads = True
    answers = "well"


class _Answer(BaseHTTPRequestHandler):
    server: Logs
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.answers == "html":
            self._send(200, "text/html", b"<html><body>Please log in</body></html>")
        elif self.server.answers == "500":
            self._send(500, "application/json", b'{"error":"out of memory"}')
        elif self.path.startswith("/_cluster/health"):
            self._send(200, "application/json", HEALTH)
        else:
            self._send(200, "application/json", json.dumps({"took": 1, "responses": [NOTHING, NOTHING]}).encode())

    do_POST = do_GET  # noqa: N815 - the base's name

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Premises:
    """An exporter and every source that it reads, each of which can be hurt."""

    program: Program
    postgres: Postgres
    redis: Callable[[], Child]
    running_redis: Child
    disk: Path
    logs: Logs

    def connect(self, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        variables = self.postgres.environment
        return psycopg.connect(
            host=variables["DB_HOST"],
            port=variables["DB_PORT"],
            user=variables["DB_USER"],
            dbname=database or variables["DB_NAME"],
            autocommit=True,
        )


@pytest.fixture(scope="module")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    directory = tmp_path_factory.mktemp("faults")
    disk = directory / "disk"
    disk.mkdir()
    redis_port = free_port()

    def redis() -> Child:
        options = ("--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        return start("redis", ("redis-server", *options), {"PATH": os.environ["PATH"]}, directory / "redis.log")

    logs = Logs(("127.0.0.1", 0), _Answer)
    threading.Thread(target=logs.serve_forever, daemon=True).start()
    with postgres_server() as postgres:
        migrate(postgres.environment)
        running_redis = redis()
        with exporter(
            directory,
            f"--collector.timeout={TIMEOUT}",
            f"--collector.redis.address=127.0.0.1:{redis_port}",
            f"--collector.host.mountpoint={disk}",
            f"--collector.backup.directory={directory}",
            "--collector.elasticsearch",
            f"--collector.elasticsearch.url=http://127.0.0.1:{logs.server_address[1]}",
            "--no-collector.probe",
            environment=postgres.environment,
        ) as program:
            premises = Premises(program, postgres, redis, running_redis, disk, logs)
            yield premises
        premises.running_redis.stop()
    logs.shutdown()
    logs.server_close()


@contextmanager
def stopped_database(premises: Premises) -> Iterator[None]:
    premises.postgres.stop()
    try:
        yield
    finally:
        premises.postgres.start()


@contextmanager
def slow_database(premises: Premises) -> Iterator[None]:
    """Somebody holds the lock that every reader of the totals waits for."""
    with premises.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE business_totals IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def frozen_database(premises: Premises) -> Iterator[None]:
    """Every process of the server stands still: connections stay open, and nothing answers."""
    server = psutil.Process(int((premises.postgres.data / "cluster" / "postmaster.pid").read_text().split()[0]))
    processes = [server, *server.children()]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


@contextmanager
def refusing_database(premises: Premises) -> Iterator[None]:
    name = premises.postgres.environment["DB_NAME"]
    with premises.connect("postgres") as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def wrong_types(premises: Premises, number: str) -> Iterator[None]:
    """What is called ``business_totals`` has the right names and the wrong contents."""
    with premises.connect() as connection:
        connection.execute("ALTER TABLE business_totals RENAME TO kept")
        connection.execute(
            "CREATE VIEW business_totals AS SELECT 'payment' AS subject, 'card' AS method, 'succeeded' AS status, "
            f"'MYR' AS currency, '' AS reason, {number} AS number, 1 AS amount_minor"
        )
        try:
            yield
        finally:
            connection.execute("DROP VIEW business_totals")
            connection.execute("ALTER TABLE kept RENAME TO business_totals")


@contextmanager
def stopped_redis(premises: Premises) -> Iterator[None]:
    premises.running_redis.stop()
    try:
        yield
    finally:
        premises.running_redis = premises.redis()


@contextmanager
def frozen_redis(premises: Premises) -> Iterator[None]:
    premises.running_redis.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        premises.running_redis.process.send_signal(signal.SIGCONT)


@contextmanager
def disk_that_is_gone(premises: Premises) -> Iterator[None]:
    premises.disk.rmdir()
    try:
        yield
    finally:
        premises.disk.mkdir()


@contextmanager
def logs_that_answer(premises: Premises, answers: str) -> Iterator[None]:
    premises.logs.answers = answers
    try:
        yield
    finally:
        premises.logs.answers = "well"


FAULTS: dict[str, tuple[Callable[[Premises], AbstractContextManager[None]], set[str], set[str]]] = {
    # what is done, who fails, who may fail with it
    "database stopped": (stopped_database, {"business", "postgres"}, set()),
    "database slow": (slow_database, {"business"}, {"postgres"}),
    "database frozen": (frozen_database, {"business", "postgres"}, set()),
    "database refusing": (refusing_database, {"business", "postgres"}, set()),
    "text for a number": (lambda premises: wrong_types(premises, "'many'::text"), {"business"}, set()),
    "no number": (lambda premises: wrong_types(premises, "'NaN'::numeric"), {"business"}, set()),
    "Redis stopped": (stopped_redis, {"redis"}, set()),
    "Redis frozen": (frozen_redis, {"redis"}, set()),
    "disk gone": (disk_that_is_gone, {"host"}, set()),
    "Elasticsearch fails": (lambda premises: logs_that_answer(premises, "500"), {"elasticsearch"}, set()),
    "a login page for Elasticsearch": (lambda premises: logs_that_answer(premises, "html"), {"elasticsearch"}, set()),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_source_that_fails_costs_only_its_own_figures(premises: Premises, fault: str) -> None:
    hurt, failing, may_fail = FAULTS[fault]
    program = premises.program
    wait_until("all is well", lambda: set(program.successes().values()) == {1})
    said_before = len(program.events())
    with hurt(premises):
        for _ in range(2):
            samples = program.samples(headers={"X-Prometheus-Scrape-Timeout-Seconds": "10"})
            success = {
                dict(labels)["collector"]: value
                for (name, labels), value in samples.items()
                if name == "payment_exporter_collector_success"
            }
            assert {name for name, value in success.items() if not value} - may_fail == failing
            published = {name for name, _ in samples}
            for collector, figure in FIGURES.items():
                if collector not in failing | may_fail:
                    assert figure in published, collector
            if "host" in failing:
                assert "host_memory_total_bytes" in published
    said = program.events()[said_before:]
    for collector in failing:
        assert any(f"collector failed collector={collector} reason=" in event for event in said), said
    wait_until("all is well again", lambda: set(program.successes().values()) == {1})
    assert f"collector succeeds again collector={min(failing)}" in program.events()[said_before:]
