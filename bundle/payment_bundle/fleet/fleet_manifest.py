"""``fleet.json``: which services a fleet has, where their files are, and the digest of each one's manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import orjson

from payment_bundle.manifest import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FLEET_MANIFEST = "fleet.json"
_VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A service's directory; ``file`` is where its settings are, below the fleet's directory; empty of the fleet's own.

    ``sha256`` is the digest of the manifest in that directory.
    """

    path: str
    file: str
    service: str
    namespace: str
    sha256: str


def render_fleet(members: Iterable[Member]) -> bytes:
    """Return the file's content, in order of path."""
    content = {"version": _VERSION, "services": [asdict(member) for member in sorted(members)]}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_fleet(out: Path) -> dict[str, Member]:
    """Return the members by path, none where there is no such file; raises ManifestError."""
    file = out / FLEET_MANIFEST
    try:
        data = orjson.loads(file.read_bytes())
        if data["version"] != _VERSION:
            raise ManifestError(f"{file}: has version {data['version']!r}, this program writes {_VERSION}")
        members = {str(item["path"]): Member(**item) for item in data["services"]}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ManifestError(
            f"{file}: lists no fleet ({error}); restore it from version control, or remove the directory"
        ) from None
    for path in members:
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or not parts.parts:
            raise ManifestError(f"{file}: names the path {path!r}, which is not below the directory")
    return members
