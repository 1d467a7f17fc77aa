"""What a run would change in the output directory: decided before anything is touched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.manifest import MANIFEST, Manifest, digest, render_manifest
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ForeignFileError(ForeseenError):
    """Files stand where generated ones belong, and this program did not write them."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        names = ", ".join(str(file) for file in files)
        super().__init__(
            f"{names}: not written by payobs, and not what it would write; move away, or choose another --out"
        )
        self.files = files


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths by what happens to them.

    ``edited`` are files to be removed that somebody changed by hand: they stay, and are no longer ours.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    manifest: bytes
    manifest_differs: bool

    @property
    def is_empty(self) -> bool:
        """Whether the directory is as it should be."""
        return not (self.added or self.changed or self.removed or self.manifest_differs)


def plan_changes(directory: Path, old: Manifest, new: Manifest, rendered: Mapping[str, bytes]) -> Changes:
    """Compare what is in ``directory`` with what should be; raises ForeignFileError, changes nothing."""
    if not os.path.lexists(directory):
        return Changes(tuple(rendered), (), (), (), (), render_manifest(new), manifest_differs=True)
    added, changed, unchanged, foreign = [], [], [], []
    for path, content in rendered.items():
        present = _content(directory / path)
        if present == content:
            unchanged.append(path)
        elif path in old and present is not None:
            changed.append(path)
        elif _occupied(directory, path):
            foreign.append(directory / path)
        else:
            added.append(path)
    if foreign:
        raise ForeignFileError(tuple(foreign))
    removed: list[str] = []
    edited: list[str] = []
    for path in sorted(old.keys() - new.keys()):
        present = _content(directory / path)
        if present is not None:
            (removed if digest(present) == old[path].sha256 else edited).append(path)
    manifest = render_manifest(new)
    return Changes(
        tuple(added),
        tuple(changed),
        tuple(removed),
        tuple(unchanged),
        tuple(edited),
        manifest,
        _content(directory / MANIFEST) != manifest,
    )


def _content(file: Path) -> bytes | None:
    """Return the content of a regular file, ``None`` where there is none. Links are not followed."""
    if file.is_symlink() or not file.is_file():
        return None
    return file.read_bytes()


def _occupied(directory: Path, path: str) -> bool:
    """Whether something else stands at ``path`` or where one of its directories belongs."""
    place = directory
    for part in path.split("/"):
        place /= part
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            return True
    return place.exists()
