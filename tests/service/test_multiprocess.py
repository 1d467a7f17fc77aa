"""Several worker processes serve as one: with one page of metrics, across deaths, until a graceful end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text
from sockets import free_port
from waiting import wait_until

from payment_service.server import serve
from payment_service.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the served processes run: it answers with the process id, and dies, waits or fails as it is asked.
APPLICATION = """
import asyncio, os
from pathlib import Path
from fastapi import FastAPI
from payment_catalog.errors import ForeseenError
from payment_catalog.exposition import UntypedCounter
from payment_catalog.service_metrics import SUSPICIOUS_API_CALLS
from payment_service.instrumentation import instrument

def create():
    app = FastAPI()
    given = instrument(app, version="1.2.3")
    calls = UntypedCounter(SUSPICIOUS_API_CALLS, given.registry)
    @app.get("/pid")
    async def pid() -> int:
        calls.inc()
        return os.getpid()
    @app.get("/workers-directory")
    async def directory() -> str:
        return os.environ.get("PROMETHEUS_MULTIPROC_DIR", "none")
    @app.get("/wait")
    async def wait() -> str:
        while not Path(__file__).with_name("go").exists():
            await asyncio.sleep(0.01)
        return "waited"
    return app

def refuse():
    raise ForeseenError("no secret is set")

def fail():
    raise RuntimeError("broken")
"""


class Served:
    """The command that serves, with its workers."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=30, trust_env=False)

    def answers(self) -> bool:
        try:
            return self.get("/pid").status_code == 200
        except httpx.TransportError:
            assert self.process.poll() is None, "the server has ended"
            return False

    def is_open(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def pids(self, count: int) -> set[int]:
        """Return the ids of the workers, once so many of them answer."""
        found: set[int] = set()
        wait_until(f"{count} workers answer", lambda: found.add(self.get("/pid").json()) or len(found) == count)
        return found

    def metrics(self) -> dict[str, float]:
        return {
            sample.name
            + "".join(f",{sample.labels[name]}" for name in ("route",) if name in sample.labels): sample.value
            for family in parse_text(self.get("/metrics").text)
            for sample in family.samples
        }


def command(
    tmp_path: Path, factory: str = "create", port: int | None = None, **options: Any
) -> tuple[subprocess.Popen[str], int]:
    """Start serving; whatever the processes write to the temporary directory is under ``tmp_path``."""
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "tmp").mkdir(exist_ok=True)
    port = port or free_port()
    arguments = ", ".join(f"{name}={value!r}" for name, value in options.items())
    script = (
        f"from payment_service.server import serve; serve('application:{factory}', '127.0.0.1', {port}, {arguments})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, port


@contextmanager
def serving(tmp_path: Path, **options: Any) -> Iterator[Served]:
    process, port = command(tmp_path, **options)
    served = Served(process, port)
    try:
        wait_until("the first answer", served.answers)
        yield served
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        finally:
            process.kill()


def test_counters_never_go_backwards_when_a_worker_dies_and_another_takes_its_place(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as served:
        before = served.pids(2)
        growing = ("suspicious_api_calls", "http_requests_total,/pid", "process_cpu_seconds_total")
        last = served.metrics()
        assert last["suspicious_api_calls"] == last["http_requests_total,/pid"] >= 2
        os.kill(min(before), signal.SIGKILL)

        def replaced() -> bool:
            nonlocal last
            served.get("/pid")
            now = served.metrics()
            assert all(now[name] >= last[name] for name in growing)
            last = now
            return len(list((tmp_path / "tmp").glob("*/counter_*.db"))) == 3  # two that live, and the dead

        wait_until("the dead worker is replaced", replaced)
        after = served.pids(2)
        assert len(before & after) == 1
        final = served.metrics()
        assert all(final[name] >= last[name] for name in growing)
        assert final["suspicious_api_calls"] == final["http_requests_total,/pid"]
        assert final["http_requests_in_progress"] == 0
        assert final["payment_service_build_info"] == 1
        assert not list((tmp_path / "tmp").glob(f"*/*{min(before)}*"))
    assert served.process.returncode == 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_process_metrics_are_those_of_all_processes(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as served:
        pids = {*served.pids(2), served.process.pid}
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
        resident = [os.sysconf("SC_PAGE_SIZE") * number for number in pages]
        metrics = served.metrics()
        assert max(resident) * 1.5 < metrics["process_resident_memory_bytes"] < sum(resident) * 1.5
        assert metrics["process_start_time_seconds"] < time.time()
        assert metrics["asyncio_goroutines"] >= 2


def test_a_request_under_way_is_answered_before_the_service_ends(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2, drain_seconds=20) as served:
        served.pids(2)
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(served.get("/wait")))
        asking.start()
        wait_until("the request is in progress", lambda: served.metrics()["http_requests_in_progress"] == 1)
        served.process.send_signal(signal.SIGTERM)
        wait_until("no further connection is accepted", lambda: not served.is_open())
        (tmp_path / "go").touch()
        assert served.process.wait(30) == 0
        asking.join(30)
        assert [answer.json() for answer in answers] == ["waited"]


def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2, drain_seconds=600) as served:
        served.pids(2)
        failures: list[httpx.TransportError] = []

        def ask() -> None:
            try:
                served.get("/wait")
            except httpx.TransportError as error:
                failures.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until("the request is in progress", lambda: served.metrics()["http_requests_in_progress"] == 1)
        served.process.send_signal(signal.SIGINT)
        wait_until("no further connection is accepted", lambda: not served.is_open())
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(30) == 0
        asking.join(30)
        assert len(failures) == 1


def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as served:
        served.pids(2)
        served.process.kill()
        wait_until("the workers end", lambda: not served.is_open())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_worker_needs_no_directory_and_ends_gracefully(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, workers=1) as served:
        assert served.get("/workers-directory").json() == "none"
        assert served.get("/pid").json() == served.process.pid
        served.process.send_signal(number)
        assert served.process.wait(30) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_a_taken_port_is_a_foreseen_error(count: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}: Address already in use; choose another with"):
            serve("application:create", "127.0.0.1", port, workers=count)


def test_a_host_that_is_none_of_ours_is_a_foreseen_error() -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1:8080: "):
        serve("application:create", "192.0.2.1", 8080)


@pytest.mark.parametrize(
    ("factory", "code", "last_line"),
    [("refuse", 2, "payment-service: no secret is set"), ("fail", 1, "RuntimeError: broken")],
)
def test_an_application_that_cannot_start_ends_the_service_and_says_so_once(
    tmp_path: Path, factory: str, code: int, last_line: str
) -> None:
    process, _ = command(tmp_path, factory, workers=3)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    lines = errors.splitlines()
    assert lines[-1] == last_line
    assert lines.count(last_line) == 1
    assert list((tmp_path / "tmp").iterdir()) == []
