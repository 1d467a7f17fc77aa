"""What the files of a fleet depend on besides its settings: this program, as it is installed."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from importlib import metadata
from importlib.util import find_spec

_PACKAGES = (
    "payment_catalog",
    "payment_alerts",
    "payment_dashboards",
    "payment_logging",
    "payment_exporter",
    "payment_service",
    "payment_bundle",
)
#: Whose versions show in what is generated.
_LIBRARIES = ("PyYAML", "orjson", "Jinja2", "grafanalib", "promql-parser", "pydantic")
_COMPILED = "__pycache__"


@cache
def program() -> str:
    """Return a digest of the version of everything that generates: sources by size and time, libraries by number."""
    found = hashlib.sha256(f"{sys.version}\n".encode())
    for library in _LIBRARIES:
        found.update(f"{library} {metadata.version(library)}\n".encode())
    for package in _PACKAGES:
        spec = find_spec(package)
        for directory in spec.submodule_search_locations or () if spec else ():
            found.update(stamp(directory).encode())
    return found.hexdigest()


def stamp(directory: str) -> str:
    """Return a digest of the names, sizes and times of all files below ``directory``; empty where there is none."""
    lines: list[str] = []
    top = len(directory)
    waiting = [directory]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except FileNotFoundError:
            return ""
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != _COMPILED:
                    waiting.append(entry.path)
            else:
                status = entry.stat(follow_symlinks=False)
                lines.append(f"{entry.path[top:]}\0{status.st_mode}\0{status.st_size}\0{status.st_mtime_ns}")
    lines.sort()
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
