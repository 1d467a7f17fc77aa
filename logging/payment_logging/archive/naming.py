"""What an archived file is called in the bucket, and how a name is shown to people."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from payment_logging.archive.log_file import FileError

if TYPE_CHECKING:
    from payment_logging.archive.log_file import LogFile

#: Bytes of a key, in UTF-8 (Amazon S3, "Naming Amazon S3 objects").
_LONGEST_KEY = 1024
#: What XML 1.0, in which S3 lists keys, cannot hold, bytes that are no UTF-8, and the sign that escapes them.
_ESCAPED = re.compile("[\x00-\x1f%\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def object_key(prefix: str, file: LogFile) -> str:
    """Return ``<prefix>2026/11/25/<path>.gz``, by the UTC day on which ``file`` was last written.

    Files with different paths have different keys. Raises FileError for a key that is longer than S3 allows.
    """
    day = datetime.fromtimestamp(file.modified_ns // 1_000_000_000, UTC)
    key = f"{prefix}{day:%Y/%m/%d}/{_ESCAPED.sub(_percent, str(file.packed_path))}"
    length = len(key.encode())
    if length > _LONGEST_KEY:
        raise FileError(f"its key would have {length} bytes; S3 allows {_LONGEST_KEY}")
    return key


def shown(name: object) -> str:
    """Return ``name`` on one line, whatever it holds."""
    return _ESCAPED.sub(lambda match: match[0] if match[0] == "%" else _percent(match), str(name))


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogateescape"))
