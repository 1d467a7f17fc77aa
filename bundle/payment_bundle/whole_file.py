"""Files that people share, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Replace ``file`` by ``text``, which everybody may read; raises OSError."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(stream.name, 0o644)  # noqa: PTH101 - a temporary file is its owner's alone
    Path(stream.name).replace(file)
