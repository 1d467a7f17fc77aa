"""Says why a probe fails when that changes, not at each scrape."""

from __future__ import annotations

import logging
import threading

#: Failing probes that are remembered. One that is forgotten is said again.
MOST_REMEMBERED = 1000

log = logging.getLogger(__name__)


class FailureLog:
    """Remembers the problem of each failing probe; may be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._problems: dict[tuple[str, str], str] = {}

    def note(self, target: str, what: str, problem: str) -> None:
        """Log that a probe fails, fails for another reason, or succeeds again, which is no ``problem``."""
        with self._lock:
            before = self._problems.pop((target, what), "")
            if problem:
                self._problems[target, what] = problem
                if len(self._problems) > MOST_REMEMBERED:
                    del self._problems[next(iter(self._problems))]
        if problem and problem != before:
            log.warning("probe failed target=%s endpoint=%s reason=%s", target, what, problem)
        elif before and not problem:
            log.info("probe succeeds again target=%s endpoint=%s", target, what)
