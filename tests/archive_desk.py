"""Where somebody types ``payobs archive``."""

from __future__ import annotations

import gzip
import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import command_line
from s3_server import BUCKET, CREDENTIALS

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Result
    from s3_server import S3Server

OLD = datetime(2026, 3, 9, 23, 59, 58, tzinfo=UTC)
DAY = "payment-service-logs/2026/03/09"
SETTINGS = f"logs: {{s3_bucket: {BUCKET}, s3_region: ap-southeast-1}}\n"


@dataclass
class Desk:
    """A directory of logs, and a server that they go to."""

    s3: S3Server
    home: Path

    def __post_init__(self) -> None:
        self.config = self.home / "bundle.yaml"
        self.config.write_text(SETTINGS)
        self.logs = self.home / "logs"
        self.logs.mkdir()

    def log(self, name: str, content: bytes, written: datetime = OLD) -> Path:
        file = self.logs / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (written.timestamp(), written.timestamp()))
        return file

    def arguments(self, *more: str) -> tuple[str, ...]:
        known = (f"--directory={self.logs}", f"--config={self.config}", f"--endpoint-url={self.s3.url}")
        return ("archive", *known, *more)

    def archive(self, *more: str) -> Result:
        return payobs(*self.arguments(*more))

    def left(self) -> list[str]:
        """Names of the files that are still there, but for the lock."""
        names = (str(file.relative_to(self.logs)) for file in self.logs.rglob("*") if not file.is_dir())
        return sorted(name for name in names if name != ".payobs-archive.lock")

    def archived(self) -> dict[str, bytes]:
        """What the objects hold, unpacked, by their keys below the day."""
        return {key.removeprefix(f"{DAY}/"): gzip.decompress(self.s3.read(key)) for key in self.s3.stored()}


def payobs(*arguments: str) -> Result:
    """Run the command in this process; it never tells the key."""
    result = command_line.payobs(*arguments)
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in result.out + result.err
    return result


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that do not become fewer when they are compressed."""
    return random.Random(seed).randbytes(size)
