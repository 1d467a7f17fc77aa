"""From the files of a service to its settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from payment_bundle.extending.loading import extended
from payment_catalog.inheritance import inherited
from payment_catalog.loading import Located, read_located

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.extending.loading import Extended
    from payment_bundle.fleet.sources import Source

_SHARED = "shared"


@dataclass(slots=True)
class Reader:
    """Reads services' files, and each base once."""

    _bases: dict[tuple[Path, ...], Located] = field(default_factory=dict)

    def settings(self, source: Source) -> Extended:
        """Return the settings of a service, and the extensions that they name.

        Raises SettingsError with the file, the line and the key that are wrong.
        """
        return extended(self.located(source))

    def located(self, source: Source) -> Located:
        """Return what its file says over its bases; raises SettingsError where one cannot be read.

        A service of a fleet shares its monitoring unless its files say otherwise.
        """
        merged = read_located(source.file)
        if source.bases:
            merged = inherited(self._base(source.bases), merged)
        return replace(merged, data={_SHARED: True, **merged.data})

    def _base(self, files: tuple[Path, ...]) -> Located:
        if files not in self._bases:
            self._bases[files] = reduce(inherited, map(read_located, files))
        return self._bases[files]
