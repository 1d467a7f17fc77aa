"""Brings the directory of one service to what it should be, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.changes import plan_changes
from payment_bundle.fleet.making import bundle_of
from payment_bundle.fleet.program import stamp
from payment_bundle.manifest import MANIFEST, digest, read_manifest
from payment_bundle.tree import apply_changes, recover
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.changes import Changes
    from payment_bundle.fleet.making import Model, Service
    from payment_bundle.fleet.template import Bundle


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a service's directory: numbers of files, the digest of its manifest and the stamp of its files.

    ``edited`` are files that are no longer generated and that somebody changed; ``error`` says why nothing was done.
    """

    path: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    edited: tuple[str, ...] = ()
    sha256: str = ""
    stamp: str = ""
    error: str = ""

    @property
    def differs(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        """Return the line that a summary has of it."""
        return f"{self.path}: {self.added} added, {self.changed} changed, {self.removed} removed"


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes services below ``out``; with ``dry_run`` it only says what would be done."""

    out: Path
    dry_run: bool = False

    def __call__(self, service: Service, model: Model) -> Written:
        """Generate a service and write what differs."""
        try:
            bundle = bundle_of(service, model)
        except ForeseenError as error:
            return Written(service.path, error=str(error))
        return self.write(service.path, bundle)

    def write(self, path: str, bundle: Bundle) -> Written:
        """Write what differs of a bundle."""
        directory = self.out / path
        try:
            if not self.dry_run:
                directory.parent.mkdir(parents=True, exist_ok=True)
                recover(directory)
            changes = plan_changes(directory, read_manifest(directory), bundle.manifest, bundle.rendered)
            if not self.dry_run and not changes.is_empty:
                apply_changes(directory, bundle.rendered, changes, durable=False)
        except (ForeseenError, OSError) as error:
            return Written(path, error=str(error))
        return _written(path, changes, "" if self.dry_run else stamp(str(directory)))

    def remove(self, path: str) -> Written:
        """Remove the files of a service that is no more, as far as they are ours and nobody changed them."""
        directory = self.out / path
        try:
            changes = plan_changes(directory, read_manifest(directory), {}, {})
            if not self.dry_run and directory.exists():
                self._remove(directory, changes)
        except (ForeseenError, OSError) as error:
            return Written(path, error=str(error))
        return _written(path, changes, "")

    def _remove(self, directory: Path, changes: Changes) -> None:
        apply_changes(directory, {}, changes, durable=False)
        (directory / MANIFEST).unlink()
        for emptied in (directory, *directory.parents):
            if emptied == self.out or any(emptied.iterdir()):
                return
            emptied.rmdir()


def _written(path: str, changes: Changes, stamped: str) -> Written:
    added, changed, removed = (len(files) for files in (changes.added, changes.changed, changes.removed))
    return Written(path, added, changed, removed, changes.edited, digest(changes.manifest), stamped)
