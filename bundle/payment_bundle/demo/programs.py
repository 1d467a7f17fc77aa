"""Finds the servers that the demo runs."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from payment_catalog.errors import ForeseenError


class ProgramMissingError(ForeseenError):
    """A server that the demo needs is not installed."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Paths of the programs."""

    prometheus: str
    alertmanager: str
    redis: str
    service: str
    exporter: str


def find_programs() -> Programs:
    """Return where the programs are; raises ProgramMissingError, which says how to install them."""
    return Programs(
        prometheus=_find("prometheus", "prometheus"),
        alertmanager=_find("prometheus-alertmanager", "prometheus-alertmanager", "alertmanager"),
        redis=_find("redis-server", "redis-server"),
        service=_own("payment-service"),
        exporter=_own("payment-exporter"),
    )


def _find(package: str, *names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise ProgramMissingError(f"{names[0]} is not on PATH; install it, on Debian with: apt-get install {package}")


def _own(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise ProgramMissingError(f"{name} is not installed; 'make demo' does it")
    return found
