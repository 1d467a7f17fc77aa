"""Somebody who reads a page and types what it says, in a project of their own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import yaml
from fences import ROOT
from sockets import free_port, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fences import Command

LIMIT = 120.0
#: What a program ends with that somebody ended by Ctrl-C.
ENDED = {0, 130, -signal.SIGINT}
#: Ports that pages show, and that are replaced by free ones.
_PORTS = re.compile(r"\b(?:8080|8081|9877|9090|9093|6060|8000)\b")
_LISTENING = re.compile(r"port (\d+)")
#: What of the surroundings is kept.
_KEPT = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG", "TMPDIR", "PROMTOOL", "AMTOOL", "FLUENTD")
_ANYTHING = "..."
#: Every command takes up the variables that the one before left behind.
_SCRIPT = """set -o pipefail
[ -f "$READER_STATE" ] && . "$READER_STATE"
{shell}
code=$?
export -p > "$READER_STATE"
exit $code
"""


@dataclass
class Process:
    """A command that was started, and the file that holds what it says."""

    popen: subprocess.Popen[bytes]
    said: Path

    @property
    def output(self) -> str:
        return self.said.read_text(errors="replace")

    def wait(self) -> int:
        try:
            return self.popen.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.popen.wait()
            raise AssertionError(f"not ended within {LIMIT:.0f} s:\n{self.output}") from None

    def interrupt(self) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        self._signal(signal.SIGINT)
        return self.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, number)


@dataclass
class Reader:
    """The project is a directory with ``bundle.yaml`` and ``generated``; commands see little else of this machine."""

    directory: Path
    project: Path = field(init=False)
    home: Path = field(init=False)
    environment: dict[str, str] = field(init=False)
    opened: ExitStack = field(default_factory=ExitStack)
    _ports: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        self.project, self.home = self.directory / "project", self.directory / "home"
        self.home.mkdir()
        programs = Path(sys.executable).parent
        own = {name: os.environ[name] for name in _KEPT if name in os.environ}
        ports = free_ports()
        self.environment = {
            **own,
            "PATH": f"{programs}:{own.get('PATH', os.defpath)}",
            "HOME": str(self.home),
            "COLUMNS": "120",
            "TERM": "dumb",
            "READER_STATE": str(self.directory / "state"),
            "MAKEFLAGS": f"--no-print-directory VENV={self._installed(programs)}",
            "DEMO_PORTS": " ".join(f"--{port.name}-port={getattr(ports, port.name)}" for port in fields(ports)),
            "no_proxy": "*",
        }

    def _installed(self, programs: Path) -> Path:
        """Return an environment that ``make`` takes for finished: that of the tests."""
        environment = self.directory / "environment"
        environment.mkdir()
        (environment / "bin").symlink_to(programs)
        for stamp in (".generate", ".dev"):
            (environment / stamp).touch()
        return environment

    def port(self, usual: int) -> int:
        """Return the free port that stands for the ``usual`` one."""
        return self._ports.setdefault(str(usual), free_port())

    def type(self, command: Command) -> None:
        """Run a command as its page says, and compare what comes of it with what the page says."""
        process = self.start(command.run.instead or command.shell)
        try:
            code = self._watched(process, command)
        except BaseException:
            process.interrupt()
            raise
        if code is not None:
            allowed = {command.run.code, *(ENDED if command.run.until or command.run.seconds else ())}
            assert code in allowed, f"{command.place}: exit code {code}, not {sorted(allowed)}:\n{process.output}"
        missing = missing_line(map(self.with_ports, command.output), process.output)
        assert not missing, f"{command.place}: not in the output, or not in that order: {missing}\n{process.output}"

    def _watched(self, process: Process, command: Command) -> int | None:
        run = command.run
        if run.until:
            text = self.with_ports(run.until)
            port = _LISTENING.fullmatch(text)
            _wait(
                process,
                lambda: _listens(int(port[1])) if port else text in process.output,
                f"{command.place}: until {text!r}",
            )
            if run.stays:
                self.opened.callback(_end, process, command.place)
                return None
            return process.interrupt()
        if run.seconds:
            deadline = monotonic() + run.seconds
            _wait(process, lambda: monotonic() > deadline, f"{command.place}: for {run.seconds} s")
            return process.interrupt()
        return process.wait()

    def start(self, shell: str) -> Process:
        self._count += 1
        said = self.directory / f"said-{self._count}"
        with said.open("wb") as output:
            popen = subprocess.Popen(
                ["bash", "-c", _SCRIPT.format(shell=self.with_ports(shell))],
                cwd=self.project,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Process(popen, said)

    def with_ports(self, text: str) -> str:
        return _PORTS.sub(lambda found: str(self.port(int(found[0]))), text)

    def write(self, path: str, content: str) -> None:
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def secret(self, path: str, content: str) -> None:
        """Write a file as somebody does who keeps a secret in it."""
        file = self.project / path
        file.touch(mode=0o600)
        file.write_text(f"{content}\n")

    def merge(self, path: str, more: Any) -> None:
        """Put ``more`` into a file of YAML, as somebody does by hand."""
        file = self.project / path
        known = yaml.safe_load(file.read_text()) if file.exists() else {}
        file.write_text(yaml.safe_dump(merged(known, more), sort_keys=False, allow_unicode=True))


def merged(known: Any, more: Any) -> Any:
    """Return ``known`` with the keys of ``more`` put in, at any depth."""
    if isinstance(known, dict) and isinstance(more, dict):
        return {**known, **{key: merged(known.get(key), value) for key, value in more.items()}}
    return more


def missing_line(wanted: Iterable[str], output: str) -> str:
    """Return the first line of ``wanted`` that ``output`` lacks after the ones before; nothing where all are there."""
    lines = iter(output.splitlines())
    for line in wanted:
        if line.strip() == _ANYTHING:
            continue
        pattern = re.compile(".*".join(map(re.escape, line.strip().split(_ANYTHING))))
        if not any(pattern.fullmatch(found.strip()) for found in lines):
            return line
    return ""


def new_reader(directory: Path, shipped: Path) -> Reader:
    """Return a reader with the repository's settings, what they generate, examples, and what ``make`` needs."""
    reader = Reader(directory)
    shutil.copytree(shipped, reader.project)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, reader.project)
    for name in ("requirements", "docs/examples", "examples"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, reader.project / name)
    for stamp in ("generate", "dev"):
        (directory / "environment" / f".{stamp}").touch()
    return reader


def _wait(process: Process, holds: Any, what: str) -> None:
    deadline = monotonic() + LIMIT
    while not holds():
        code = process.popen.poll()
        assert code is None or holds(), f"{what}: it ended before, with {code}:\n{process.output}"
        assert monotonic() < deadline, f"{what}: not within {LIMIT:.0f} s:\n{process.output}"
        sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(process: Process, place: str) -> None:
    code = process.interrupt()
    assert code in ENDED, f"{place}: ended with {code}:\n{process.output}"
