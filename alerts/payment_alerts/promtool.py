"""promtool, with its answers as findings.

Formats read off promtool 2.42; what no pattern knows still becomes a finding, so that a newer one that
words things differently cannot turn a failure into silence.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_alerts.tool import TIMEOUT, Result, ToolError, find_tool, run_tool
from payment_catalog.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_RULE = re.compile(
    r'^\s*(?P<file>\S.*?): ((?P<line>\d+):\d+: )?group "[^"]*", rule \d+, "(?P<rule>[^"]*)": (?P<message>.*)$'
)
_FILE = re.compile(r"^\s*(?P<file>\S.*?\.ya?ml): (?P<message>.+)$")
_YAML_LINE = re.compile(r"^\s*line (?P<line>\d+): (?P<message>.+)$")
#: As Prometheus 2 and 3 begin it.
_TEST_FILE = re.compile(r"^(?:Unit Testing|Processing test file):\s+(?P<file>.+)$")
_TEST_CASE = re.compile(r'^\s*(name: .*|expr: .*alertname=\\?"(?P<alert>\w+).*|alertname: (?P<name>\w+).*)$')
_TEST_RESULT = re.compile(r"^\s*(?P<result>(exp|got): ?.*)$")
_NOISE = re.compile(r"^\s*(Checking .*|Unit Testing: .*|SUCCESS.*|FAILED:?|)$")


@dataclass(frozen=True, slots=True)
class Promtool:
    """A promtool; the default is the one that ``find_tool`` finds. Every call has a time limit in seconds."""

    binary: str = field(default_factory=lambda: find_tool("promtool"))
    timeout: float = TIMEOUT

    def version(self) -> str:
        """Return the first line of ``--version``."""
        return self._run("--version").output.partition("\n")[0]

    def check_rules(self, files: Sequence[Path]) -> tuple[Finding, ...]:
        """Return what is wrong with rule files."""
        return self._findings("check rules", files)

    def test_rules(self, files: Sequence[Path]) -> tuple[Finding, ...]:
        """Return which unit tests fail, each with the line of its name; files are tested side by side."""
        if not files:
            return self._findings("test rules", files)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(lambda file: self._findings("test rules", (file,)), files)
            return tuple(finding for findings in found for finding in findings)

    def check_config(self, file: Path) -> tuple[Finding, ...]:
        """Return what is wrong with a configuration of Prometheus; files that it names are not here but with it."""
        return self._findings("check config --syntax-only", (file,))

    def check_agents(self, files: Sequence[Path]) -> tuple[Finding, ...]:
        """Return what is wrong with configurations of a Prometheus that evaluates no rules."""
        return self._findings("check config --syntax-only --agent", files)

    def _findings(self, command: str, files: Sequence[Path]) -> tuple[Finding, ...]:
        if not files:
            return (Finding("", 0, f"promtool {command}", "there is no file to check"),)
        result = self._run(*command.split(), *(str(file.absolute()) for file in files))
        if result.code == 0:
            return ()
        found = tuple(dict.fromkeys(_parse(result.output, str(files[0]))))
        if found:
            return found
        raise ToolError(f"promtool {command} ended with code {result.code} and said nothing")

    def _run(self, *arguments: str) -> Result:
        return run_tool((self.binary, *arguments), self.timeout)


def _parse(output: str, first_file: str) -> Iterator[Finding]:
    file, test = first_file, ""
    for line in output.splitlines():
        if match := _RULE.match(line):
            line_of_rule = int(match["line"] or _line_of(match["file"], match["rule"]))
            yield Finding(match["file"], line_of_rule, match["rule"], match["message"])
        elif match := _TEST_FILE.match(line):
            file, test = match["file"], ""
        elif match := _TEST_CASE.match(line):
            test = match["alert"] or match["name"] or test
            if test:
                yield Finding(file, _line_of(file, test), test, f"the unit test failed: {line.strip()}")
        elif (match := _TEST_RESULT.match(line)) and test:
            yield Finding(file, _line_of(file, test), test, match["result"])
        elif match := _YAML_LINE.match(line):
            yield Finding(file, int(match["line"]), "syntax", match["message"])
        elif match := _FILE.match(line):
            file = match["file"]
            yield Finding(file, 0, "syntax", match["message"])
        elif not _NOISE.match(line):
            yield Finding(file, 0, "promtool", line.strip())


def _line_of(file: str, name: str) -> int:
    try:
        with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - the name as promtool printed it
            return next((number for number, line in enumerate(stream, start=1) if name in line), 0)
    except OSError:
        return 0
