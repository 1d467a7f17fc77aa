"""A throw-away database to restore a backup into. It is dropped however the run ends."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Protocol

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.backup_report import TableContent

#: What reading a damaged gzip file raises.
BROKEN_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)


class RestoreError(ForeseenError):
    """The backup cannot be restored."""


class Scratch(Protocol):
    """The throw-away database."""

    async def restore(self, file: Path) -> None:
        """Restore the backup and stop at its first error; raises RestoreError."""

    async def contents(self) -> dict[str, TableContent]:
        """Return rows and checksum of each table."""
