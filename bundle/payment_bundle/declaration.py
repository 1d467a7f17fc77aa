"""Finds where in the source an alert, a signal or a panel is declared, by its name."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path


@cache
def declared_at(name: str, *packages: str) -> str:
    """Return ``file:line`` of the first line in ``packages`` that holds ``name`` in quotes, or an empty text.

    Names are unique and written once, so that one search finds them; this is that search.
    """
    quoted = json.dumps(name)
    for package in packages:
        spec = importlib.util.find_spec(package)
        for directory in spec.submodule_search_locations or () if spec else ():
            for file in sorted(Path(directory).rglob("*.py")):
                for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
                    if quoted in line:
                        return f"{_relative(file)}:{number}"
    return ""


def _relative(file: Path) -> Path:
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
