"""Runs Fluentd over a file of lines, in a directory of its own, until it has read and written them all."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import TYPE_CHECKING

from payment_alerts.tool import ToolError
from payment_bundle.fluentd_program import dry_run, messages, missing_plugins, own_environment, reasons
from payment_logging.fluentd import Section, print_sections
from payment_logging.trace.outputs import outputs
from payment_logging.trace.results import results
from payment_logging.trace.variant import OPTIONAL_FILTERS, Desk, tracing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payment_logging.trace.container_file import ContainerFile
    from payment_logging.trace.joining import Entry
    from payment_logging.trace.lines import Line
    from payment_logging.trace.outputs import Output
    from payment_logging.trace.traced import Traced
    from payment_logging.variants import Part

#: Seconds between two looks at how far Fluentd has read.
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """What came out, the filters that this Fluentd lacks, and what it said of the configuration."""

    traced: tuple[Traced, ...]
    without: tuple[str, ...]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FluentdRun:
    """A program, and the seconds that it has to read all lines and then to end."""

    program: str
    timeout: float

    def over(self, parts: Sequence[Part], file: ContainerFile, lines: Sequence[Line], entries: Sequence[Entry]) -> Run:
        """Return what Fluentd makes of ``lines``; raises ToolError."""
        with TemporaryDirectory(prefix="payobs-trace-") as name:
            directory = Path(name)
            desk = Desk(str(directory / "lines.log"), str(directory / "out"), str(directory / "state"))
            for folder in (desk.out, desk.state):
                Path(folder).mkdir()
            Path(desk.lines).write_bytes(b"".join(line.written + b"\n" for line in lines))
            config = directory / "fluent.conf"
            config.write_text(print_sections(tracing(parts, file, desk)), encoding="utf-8")
            without = self._without(config, directory)
            config.write_text(print_sections(tracing(parts, file, desk, without)), encoding="utf-8")
            log = self._read_all(config, desk, directory)
            found = (each for output in outputs(parts) for each in _written(output, Path(desk.out)))
            try:
                traced = results(entries, found)
            except ValueError as error:
                raise ToolError(f"what {self.program} wrote cannot be read: {error}") from None
            unused = dict.fromkeys(message.unused for message in messages(log) if message.unused)
            return Run(traced, without, tuple(unused))

    def _without(self, config: Path, directory: Path) -> tuple[str, ...]:
        """Return the filters that this Fluentd lacks; raises ToolError where it lacks more, or does not start."""
        environment = own_environment(directory)
        whole = dry_run(self.program, config, environment)
        if whole.code == 0:
            return ()
        lacking = []
        for kind in OPTIONAL_FILTERS if missing_plugins(whole.output) else ():
            alone = directory / f"{kind}.conf"
            alone.write_text(print_sections((Section("filter", "**", {"@type": kind}),)), encoding="utf-8")
            if missing_plugins(dry_run(self.program, alone, environment).output):
                lacking.append(kind)
        if not lacking:
            raise ToolError(f"{self.program} does not take the pipeline: {reasons(whole.output)}")
        return tuple(lacking)

    def _read_all(self, config: Path, desk: Desk, directory: Path) -> str:
        """Have Fluentd read the lines, then end it: what it still holds comes out. Returns its log."""
        log = directory / "log"
        command = (self.program, "--no-supervisor", "--strict-config-value", "-c", str(config))
        with log.open("wb") as stream:
            try:
                process = subprocess.Popen(  # noqa: S603 - a fixed program, arguments apart
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env=own_environment(directory),
                    start_new_session=True,
                )
            except OSError as error:
                raise ToolError(f"{self.program} cannot be started: {error.strerror}") from None
        try:
            self._wait(process, desk, log)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return log.read_text(encoding="utf-8", errors="replace")

    def _wait(self, process: subprocess.Popen[bytes], desk: Desk, log: Path) -> None:
        size = Path(desk.lines).stat().st_size
        deadline = monotonic() + self.timeout
        while _position(desk) < size:
            code = process.poll()
            if code is not None:
                said = reasons(log.read_text(encoding="utf-8", errors="replace"))
                raise ToolError(f"{self.program} ended with code {code} before it had read all lines: {said}")
            if monotonic() > deadline:
                raise ToolError(f"{self.program} did not read all lines within {self.timeout:g} s and was stopped")
            sleep(_PAUSE)
        process.terminate()
        try:
            code = process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            raise ToolError(f"{self.program} did not end within {self.timeout:g} s and was stopped") from None
        if code:
            raise ToolError(
                f"{self.program} ended with code {code}: {reasons(log.read_text(encoding='utf-8', errors='replace'))}"
            )


def _position(desk: Desk) -> int:
    """Return how many bytes Fluentd has read: path, position and inode with tabs between, in hexadecimal."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(desk.positions).read_text(encoding="utf-8").split("\t")[1], 16)
    return 0


def _written(output: Output, out: Path) -> Iterator[tuple[Output, str, str]]:
    """Return each line that ``output`` wrote, with the place."""
    directory = out / output.id
    root = "/" if output.place.startswith("/") else ""
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        place = root + file.relative_to(directory).as_posix()
        for line in file.read_text(encoding="utf-8", errors="replace").split("\n"):
            if line:
                yield output, place, line
