"""Where somebody types ``payobs push`` to a server that wants an API key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from command_line import payobs

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Result


@dataclass
class PushDesk:
    """A directory with settings and the file of the key; no command ever tells the key."""

    directory: Path
    target: str
    key: str

    def __post_init__(self) -> None:
        self.config, self.key_file = self.directory / "bundle.yaml", self.directory / "key"
        self.config.write_text("")
        self.key_file.write_text(f"{self.key}\n")
        self.key_file.chmod(0o600)

    def push(self, url: str, *arguments: str) -> Result:
        known = ("--config", str(self.config), "--url", url, "--api-key-file", str(self.key_file))
        result = payobs("push", self.target, *known, *arguments)
        assert self.key not in result.out + result.err
        return result
