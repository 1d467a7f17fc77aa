"""Runs promtool over mutants, as many at once as there are cores.

A mutant is killed when promtool names it among what failed. One that it does not name has survived, once no rule of a
run could not be evaluated: that ends a test before it has asked for all of them. A failure that names nobody is
narrowed down by halves.
"""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from payment_alerts.mutation.trial import DECLARED, MARK, trial
from payment_alerts.rule_tests import TESTS_DIRECTORY
from payment_alerts.tool import ToolError, find_tool, run_tool
from payment_catalog.documents import YamlDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from payment_alerts.mutation.family import Family
    from payment_alerts.mutation.mutant import Mutant
    from payment_catalog.catalog import Catalog

#: Large enough to share the storage of the tests and the rules that the mutants read, small enough that promtool's
#: memory stays below a gigabyte.
BATCH = 150

#: A failed test names its query, a rule that cannot be evaluated itself; Prometheus 2 and 3 word both alike.
_FAILED = re.compile(rf'^\s*(?:expr: .*alertname=\\?"|rule: )[\w:]*{MARK}(\d+)\b', re.MULTILINE)
_ABORTED = re.compile(r"^\s*rule: ", re.MULTILINE)
#: promtool holds little and forgets fast: to collect garbage more rarely than Go does by itself saves a fifth of its
#: time, for at most half a gigabyte.
_GARBAGE = "GOGC=400"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Mutants of one rule that were tried, and those of them that no unit test noticed."""

    rule: str
    tried: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]


@dataclass(frozen=True, slots=True)
class Runner:
    """Tries mutants with promtool; ``timeout`` in seconds is for one run of it, ``jobs`` of which go side by side."""

    catalog: Catalog
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    timeout: float = 600
    binary: str = field(default_factory=lambda: find_tool("promtool"))

    def run(self, families: Sequence[tuple[Family, tuple[Mutant, ...]]]) -> Iterator[Verdict]:
        """Return a verdict for each batch of mutants as it is ready, the longest tests begun first.

        Raises ToolError when promtool cannot judge: it hangs, or the rules as declared fail. Whoever stops early
        leaves no file behind.
        """
        with TemporaryDirectory(prefix="payobs-mutate-") as scratch, ThreadPoolExecutor(self.jobs) as pool:
            batches = [
                pool.submit(self._verdict, family, mutants[start : start + BATCH], Path(scratch))
                for family, mutants in sorted(families, key=lambda found: -found[0].cost * len(found[1]))
                for start in range(0, len(mutants), BATCH)
            ]
            try:
                for batch in as_completed(batches):
                    yield batch.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _verdict(self, family: Family, mutants: tuple[Mutant, ...], scratch: Path) -> Verdict:
        left = dict(enumerate(mutants, start=DECLARED + 1))
        with TemporaryDirectory(dir=scratch) as directory:
            for family_of_round in family.rounds:
                survivors = self._survivors(family_of_round, left, Path(directory))
                left = {number: mutant for number, mutant in left.items() if number in survivors}
        return Verdict(family.rule, mutants, tuple(left.values()))

    def _survivors(self, family: Family, mutants: Mapping[int, Mutant], directory: Path) -> set[int]:
        left = dict(mutants)
        aborted = True
        while left and aborted:
            try:
                failed, aborted = self._failed(family, left, directory)
            except _NobodyNamedError:
                return self._narrowed(family, left, directory)
            left = {number: mutant for number, mutant in left.items() if number not in failed}
        return set(left)

    def _narrowed(self, family: Family, mutants: Mapping[int, Mutant], directory: Path) -> set[int]:
        numbers = list(mutants)
        if len(numbers) == 1:
            self._failed(family, {}, directory)
            return set()
        middle = len(numbers) // 2
        halves = (numbers[:middle], numbers[middle:])
        return set().union(
            *(self._survivors(family, {number: mutants[number] for number in half}, directory) for half in halves)
        )

    def _failed(self, family: Family, mutants: Mapping[int, Mutant], directory: Path) -> tuple[set[int], bool]:
        """Return who failed, and whether some tests ended before they had asked for everybody."""
        tests = []
        for path, document in trial(self.catalog, family, mutants).items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            # JSON is YAML, and ten times as fast to write.
            content = document.content if isinstance(document, YamlDocument) else None
            file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
            if path.startswith(TESTS_DIRECTORY):
                tests.append(str(file))
        # promtool's own storage goes where it is cleared away even if promtool is stopped.
        command = ("env", f"TMPDIR={directory}", _GARBAGE, self.binary, "test", "rules", *tests)
        result = run_tool(command, self.timeout)
        if result.code == 0:
            return set(), False
        failed = {int(number) for number in _FAILED.findall(result.output)}
        if DECLARED in failed or not mutants:
            raise ToolError(f"{family.rule} fails its unit tests as it is declared; 'payobs check' says how")
        if not failed & mutants.keys():
            raise _NobodyNamedError
        return failed, _ABORTED.search(result.output) is not None


class _NobodyNamedError(Exception):
    """promtool failed and its words name no mutant."""
