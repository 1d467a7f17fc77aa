"""``payment-exporter`` as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from command_line import Result, clean_environment, surroundings, typed
from prometheus_client.parser import text_string_to_metric_families
from sockets import free_port
from waiting import wait_until

from payment_exporter.cli import main
from payment_exporter.flags import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMAND = str(Path(sys.executable).with_name("payment-exporter"))
CLEAN = clean_environment()

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@dataclass
class Program:
    """A running exporter, its address, and what it has written."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str = "/metrics", **options: Any) -> requests.Response:
        return self.session.get(f"{self.url}{path}", timeout=30, **options)

    def samples(self, path: str = "/metrics", **options: Any) -> Samples:
        answer = self.get(path, **options)
        answer.raise_for_status()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    def successes(self, **options: Any) -> dict[str, float]:
        """Whether each collector succeeded in a scrape that is made now."""
        return {
            dict(labels)["collector"]: value
            for (name, labels), value in self.samples(**options).items()
            if name == "payment_exporter_collector_success"
        }

    def events(self) -> list[str]:
        """What it has logged."""
        return [json.loads(line)["event"] for line in self.log.read_text(encoding="utf-8").splitlines()]

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)


@contextmanager
def exporter(directory: Path, *flags: str, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Run an exporter; its log is in ``directory``. It must end by itself when it is asked to."""
    port = free_port()
    log = directory / "exporter.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [COMMAND, f"--web.listen-address=127.0.0.1:{port}", *flags],
            env={**CLEAN, **(environment or {})},
            stderr=output,
        )
    program = Program(process, f"http://127.0.0.1:{port}", log)
    try:
        wait_until("the exporter answers", lambda: process.poll() is not None or answers(program), limit=30)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield program
    finally:
        program.session.close()
        process.terminate()
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert code == 0, log.read_text(encoding="utf-8")


def answers(program: Program) -> bool:
    try:
        return program.get("/-/healthy").ok
    except requests.ConnectionError:
        return False


def run(*flags: str, **environment: str) -> Result:
    """Run the command in this process, to its end."""
    with surroundings(environment):
        return typed(main, PROGRAM, *flags)
