"""``manifest.json``: which files the bundle wrote, so that it knows its own from anybody else's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import orjson

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from payment_catalog.documents import Documents

MANIFEST = "manifest.json"
_VERSION = 1


class ManifestError(ForeseenError):
    """A manifest that cannot be trusted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: the digest of its content and the module that made it."""

    sha256: str
    source: str


Manifest = dict[str, Entry]


def manifest_of(documents: Documents, rendered: Mapping[str, bytes]) -> Manifest:
    """Return the manifest of what is about to be written."""
    return {path: Entry(digest(content), documents[path].source) for path, content in rendered.items()}


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def render_manifest(manifest: Manifest) -> bytes:
    """Return the file's content, sorted by path."""
    files = [{"path": path, "sha256": entry.sha256, "source": entry.source} for path, entry in sorted(manifest.items())]
    return orjson.dumps({"version": _VERSION, "files": files}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(directory: Path) -> Manifest:
    """Return the manifest of ``directory``, empty when there is none; raises ManifestError."""
    file = directory / MANIFEST
    try:
        data = orjson.loads(file.read_bytes())
        if data["version"] != _VERSION:
            raise ManifestError(f"{file}: has version {data['version']!r}, this program writes {_VERSION}")
        manifest = {str(item["path"]): Entry(str(item["sha256"]), str(item["source"])) for item in data["files"]}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ManifestError(
            f"{file}: is not a manifest ({error}); restore it from version control, or remove the directory"
        ) from None
    for path in manifest:
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or path == MANIFEST:
            raise ManifestError(f"{file}: names the path {path!r}, which is not below the directory")
    return manifest
