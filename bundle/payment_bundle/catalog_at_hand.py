"""The catalogue of commands that can also be used before there are settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from payment_bundle.extending.loading import load_sound_catalog
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from typing import Final

    from payment_catalog.catalog import Catalog

_USUAL: Final = Path("bundle.yaml")


def catalog_at_hand(config: Path) -> Catalog:
    """Return the catalogue for ``config``; where the usual file is not there yet, the runbook's, and say so.

    Raises SettingsError, and ExtensionError for an extension that cannot be used.
    """
    if config == _USUAL and not config.exists():
        typer.echo(f"{config} is not there: the runbook's settings are used ('payobs init' writes the file)", err=True)
        return build_catalog(Settings())
    return load_sound_catalog(config)
