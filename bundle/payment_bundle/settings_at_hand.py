"""The settings of commands that can also be used before there are any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from payment_catalog.loading import load_settings
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from typing import Final

_USUAL: Final = Path("bundle.yaml")


def settings_at_hand(config: Path) -> Settings:
    """Return the settings in ``config``; where the usual file is not there yet, the runbook's, and say so.

    Raises SettingsError.
    """
    if config == _USUAL and not config.exists():
        typer.echo(f"{config} is not there: the runbook's settings are used ('payobs init' writes the file)", err=True)
        return Settings()
    return load_settings(config)
