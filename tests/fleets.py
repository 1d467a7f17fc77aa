"""Fleets for tests: files of settings, written where a test wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BASE = """\
urls:
  grafana: https://grafana.shop.example
  prometheus: https://prometheus.shop.example:9090
thresholds:
  error_ratio: {warning: 0.02}
"""


def fleet(directory: Path, *services: str, base: str = BASE, **files: str) -> Path:
    """Write a file for each service, and ``files`` by their name without ``.yaml``; return the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "base.yaml").write_text(base)
    for service in services:
        (directory / f"{service}.yaml").write_text(f"service: {service}\n")
    for name, content in files.items():
        (directory / f"{name}.yaml").write_text(content)
    return directory


def files_of(directory: Path) -> dict[str, bytes]:
    """Return every file below ``directory`` that is not hidden."""
    return {
        file.relative_to(directory).as_posix(): file.read_bytes()
        for file in directory.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(directory).parts)
    }
