"""200 scrapes in parallel for 60 seconds against an exporter with a real PostgreSQL and Redis: errors, rate, memory.

Exits with 1 after an answer that is not a whole page in which every collector succeeded, or when the exporter's
memory in the last quarter is a twentieth above that of the second one.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from exporter.program import Program, exporter  # noqa: E402
from postgres_server import postgres_server  # noqa: E402
from sockets import free_port  # noqa: E402

CLIENTS, SECONDS = 200, 60.0
GROWTH = 1.05
SERVICE = str(Path(sys.executable).with_name("payment-service"))
COLLECTORS = ("business", "postgres", "redis", "host", "backup")


def fault_of(answer: httpx.Response) -> str:
    """Return what is wrong with an answer, nothing when all is well."""
    if answer.status_code != httpx.codes.OK:
        return f"status {answer.status_code}"
    for collector in COLLECTORS:
        if f'payment_exporter_collector_success{{collector="{collector}"}} 1.0\n' not in answer.text:
            return f"{collector} failed"
    return ""


async def scrape_on(url: str, until: float, answers: Counter[str]) -> None:
    """Scrape again and again, as Prometheus asks."""
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": "30", "Accept-Encoding": "gzip"}
    async with httpx.AsyncClient(timeout=60, headers=headers, trust_env=False) as client:
        while time.monotonic() < until:
            try:
                answers[fault_of(await client.get(url))] += 1
            except httpx.HTTPError as error:
                answers[repr(error)] += 1


async def watch(pid: int, until: float, memory: list[tuple[float, int]]) -> None:
    """Note the resident memory twice a second."""
    process, started = psutil.Process(pid), time.monotonic()
    while time.monotonic() < until:
        memory.append((time.monotonic() - started, process.memory_info().rss))
        await asyncio.sleep(0.5)


async def load(program: Program) -> tuple[Counter[str], list[tuple[float, int]]]:
    """Return how often each fault was met ("" for none), and the memory over time."""
    answers: Counter[str] = Counter()
    memory: list[tuple[float, int]] = []
    until = time.monotonic() + SECONDS
    clients = (scrape_on(f"{program.url}/metrics", until, answers) for _ in range(CLIENTS))
    await asyncio.gather(watch(program.process.pid, until, memory), *clients)
    return answers, memory


def main() -> None:
    """Print the figures."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(postgres_server())
        environment = {**os.environ, **database.environment}
        subprocess.run([SERVICE, "migrate", "up"], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=120)
        port = free_port()
        redis = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        stack.callback(redis.wait, 30)
        stack.callback(redis.terminate)
        program = stack.enter_context(
            exporter(
                directory,
                f"--collector.redis.address=127.0.0.1:{port}",
                f"--collector.backup.directory={directory}",
                "--collector.timeout=30s",
                "--no-collector.probe",
                environment=database.environment,
            )
        )
        answers, memory = asyncio.run(load(program))

    early, late = (
        statistics.median(rss for at, rss in memory if SECONDS * begin <= at < SECONDS * (begin + 0.25))
        for begin in (0.25, 0.75)
    )
    good = answers.pop("", 0)
    print(f"{CLIENTS} scrapes in parallel for {SECONDS:.0f} s: {good} answered, {good / SECONDS:.0f} a second")
    print(f"  errors: {dict(answers) or 'none'}")
    print(f"  memory: {early / 2**20:.1f} MiB in the second quarter, {late / 2**20:.1f} MiB in the last")
    if answers or not good or late > early * GROWTH:
        sys.exit("errors, or memory that grows")


if __name__ == "__main__":
    main()
