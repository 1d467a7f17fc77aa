"""From settings to the catalogue with all that the extensions add which the settings name.

The rooms are imported when a catalogue is loaded: help and Tab do without them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_bundle.extending.origin import Origin
from payment_catalog.errors import ForeseenError
from payment_catalog.loading import SettingsError, line_of, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.addition import Addition
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings


class UnsoundExtensionError(ForeseenError):
    """Extensions that ``payobs check`` finds faults with."""


def load_catalog(file: Path) -> Catalog:
    """Return the catalogue for a settings file, with what its extensions add, whether that is sound or not.

    Raises SettingsError, and ExtensionError for an extension that is not there, fails or adds what is ill-typed.
    """
    return extended_catalog(load_settings(file), file)


def load_sound_catalog(file: Path) -> Catalog:
    """Return the same for whoever reports no findings: raises UnsoundExtensionError too, with the first of them."""
    from payment_bundle.extending.soundness import unsound  # noqa: PLC0415

    catalog = load_catalog(file)
    if findings := unsound(catalog):
        more = f"; 'payobs check' tells {len(findings) - 1} more" if len(findings) > 1 else ""
        raise UnsoundExtensionError(f"{findings[0]}{more}")
    return catalog


def extended_catalog(settings: Settings, file: Path) -> Catalog:
    """Return the catalogue for ``settings`` that were read from ``file``. Raises ExtensionError and SettingsError."""
    from payment_catalog.catalog import build_catalog  # noqa: PLC0415

    additions = []
    for index, name in enumerate(settings.extensions):
        if name in settings.extensions[:index]:
            raise SettingsError(
                file, line_of(file, "extensions", index), f"extensions.{index}", f"names '{name}' again"
            )
        named_at = f"{file}:{line_of(file, 'extensions', index)}: extensions.{index}"
        additions.append(_addition(Origin(name, named_at), settings, file.absolute().parent))
    return build_catalog(settings, additions)


def _addition(origin: Origin, settings: Settings, directory: Path) -> Addition:
    from payment_alerts.added_alerts import AddedAlerts  # noqa: PLC0415
    from payment_alerts.alert import AlertGroup  # noqa: PLC0415
    from payment_bundle.extending.finding import find_extension  # noqa: PLC0415
    from payment_bundle.extending.guarded import Guarded  # noqa: PLC0415
    from payment_catalog.addition import Addition  # noqa: PLC0415
    from payment_catalog.incident import Incident  # noqa: PLC0415
    from payment_dashboards.added_panels import AddedPanels, RowsOn  # noqa: PLC0415
    from payment_dashboards.board import Board  # noqa: PLC0415

    extension, files = find_extension(origin, directory)
    origin = replace(origin, files=files)
    return Addition(
        origin.name,
        files,
        extension.metrics,
        tuple(Guarded(origin, make, (Incident,))(settings) for make in extension.incidents),
        (
            *(AddedAlerts(Guarded(origin, make, (AlertGroup,))) for make in extension.alerts),
            *(AddedPanels(Guarded(origin, make, (Board, RowsOn)), make.__module__) for make in extension.panels),
            *extension.equivalents,
        ),
    )
