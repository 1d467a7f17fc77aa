"""The check of Fluentd's configuration as it lies in a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd.linting import fluentd_findings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from payment_catalog.findings import Finding

_ROOM = "fluentd"


def configuration_findings(rendered: Mapping[str, bytes], out: Path) -> tuple[Finding, ...]:
    """Check what is generated, with edited and added files of ``out`` as they are there."""
    generated = {path: content for path, content in rendered.items() if path.startswith(f"{_ROOM}/")}
    written = {file.relative_to(out).as_posix(): file.read_bytes() for file in sorted((out / _ROOM).rglob("*.conf"))}
    files = {path: content for path, content in {**generated, **written}.items() if path.endswith(".conf")}
    return fluentd_findings({path: content.decode(errors="replace") for path, content in files.items()}, str(out))
