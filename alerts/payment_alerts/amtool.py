"""amtool, with its answers as findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_alerts.tool import TIMEOUT, ToolError, find_tool, run_tool
from payment_catalog.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Amtool:
    """An amtool; the default is the one that ``find_tool`` finds. Every call has a time limit in seconds."""

    binary: str = field(default_factory=lambda: find_tool("amtool"))
    timeout: float = TIMEOUT

    def check_config(self, file: Path) -> tuple[Finding, ...]:
        """Return what is wrong with a configuration of Alertmanager and its templates."""
        result = run_tool((self.binary, "check-config", str(file.absolute())), self.timeout)
        if result.code == 0:
            return ()
        lines = [line.strip() for line in result.output.splitlines() if line.strip()]
        told = [line.partition("FAILED:")[2].strip() for line in lines if "FAILED:" in line]
        return tuple(Finding(str(file), 0, "amtool check-config", text) for text in told or lines or ["failed"])

    def route(self, file: Path, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Return the receivers that an alert with ``labels`` goes to; raises ToolError."""
        matchers = (f"{name}={value}" for name, value in labels.items())
        result = run_tool(
            (self.binary, "config", "routes", "test", f"--config.file={file.absolute()}", *matchers), self.timeout
        )
        if result.code != 0:
            raise ToolError(f"amtool config routes test: {result.output.strip()}")
        return tuple(result.output.strip().splitlines()[-1].split(","))
