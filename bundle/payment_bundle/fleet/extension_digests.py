"""The extensions of a fleet's services: what changes in them changes what is generated for whoever lists them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_bundle.extending.finding import files_of
from payment_bundle.extending.origin import ExtensionError, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listed:
    """An extension by the name that settings call it, in ``directory``, relative to the fleet's, beside its module."""

    name: str
    directory: str


@dataclass(slots=True)
class ExtensionDigests:
    """Digests of the sources of extensions, of each once; ``directory`` is the fleet's."""

    directory: Path
    _known: dict[Listed, str] = field(default_factory=dict)

    def listed(self, origins: Iterable[Origin]) -> tuple[Listed, ...]:
        """Return what can be remembered of them; raises ExtensionError for one that is not there."""
        top = self.directory.absolute()
        found = {Listed(origin.name, str(origin.directory.relative_to(top))): origin for origin in origins}
        for one, origin in found.items():
            self._source(one, origin)
        return tuple(found)

    def digest(self, content: str, extensions: Iterable[Listed]) -> str:
        """Return the digest of ``content`` and of the sources of ``extensions``; of none it is ``content``."""
        found = [f"{one.name} {self._of(one)}" for one in extensions]
        return hashlib.sha256("\n".join((content, *found)).encode()).hexdigest() if found else content

    def _of(self, one: Listed) -> str:
        """Return the digest of a source; of one that is no longer there, nothing: loading it says why."""
        try:
            return self._source(one, Origin(one.name, "", self.directory.absolute() / one.directory))
        except ExtensionError:
            return ""

    def _source(self, one: Listed, origin: Origin) -> str:
        if one not in self._known:
            self._known[one] = _digest(files_of(origin))
        return self._known[one]


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        found.update(f"{file.name} {len(content)}\n".encode() + content)
    return found.hexdigest()
