"""From settings to the catalogue with all that the extensions add which the settings name.

The rooms are imported when a catalogue is loaded: help and Tab do without them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payment_bundle.extending.origin import Origin
from payment_catalog.errors import ForeseenError
from payment_catalog.loading import SettingsError, checked, read_located

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from payment_catalog.addition import Addition
    from payment_catalog.catalog import Catalog
    from payment_catalog.loading import Located
    from payment_catalog.settings import Settings


class UnsoundExtensionError(ForeseenError):
    """Extensions that ``payobs check`` finds faults with."""


@dataclass(frozen=True, slots=True)
class Extended:
    """Settings, and the extensions that they name."""

    settings: Settings
    origins: tuple[Origin, ...] = ()

    @property
    def catalog(self) -> Catalog:
        """The catalogue for the settings, with what the extensions add; raises ExtensionError."""
        return extended_catalog(self.settings, self.origins)


def load_extended(file: Path) -> Extended:
    """Read and check a settings file; raises SettingsError. Its extensions are not looked for yet."""
    return extended(read_located(file))


def extended(located: Located) -> Extended:
    """Check what was read; raises SettingsError with the file, the line and the key that are wrong."""
    from payment_catalog.settings import Settings  # noqa: PLC0415 - takes its time, and help and Tab need none

    settings = checked(located, Settings)
    return Extended(settings, _origins(settings, located))


def load_catalog(file: Path) -> Catalog:
    """Return the catalogue for a settings file, with what its extensions add, whether that is sound or not.

    Raises SettingsError, and ExtensionError for an extension that is not there, fails or adds what is ill-typed.
    """
    return load_extended(file).catalog


def load_sound_catalog(file: Path) -> Catalog:
    """Return the same for whoever reports no findings: raises UnsoundExtensionError too, with the first of them."""
    return sound(load_extended(file))


def load_sound(file: Path) -> Extended:
    """Return the settings of a file, whose extensions are known to be sound; raises the same."""
    loaded = load_extended(file)
    sound(loaded)
    return loaded


def sound(loaded: Extended) -> Catalog:
    """Return the catalogue of ``loaded``; raises ExtensionError, and UnsoundExtensionError with the first finding."""
    from payment_bundle.extending.soundness import unsound  # noqa: PLC0415

    catalog = loaded.catalog
    if findings := unsound(catalog):
        more = f"; 'payobs check' tells {len(findings) - 1} more" if len(findings) > 1 else ""
        raise UnsoundExtensionError(f"{findings[0]}{more}")
    return catalog


def _origins(settings: Settings, located: Located) -> tuple[Origin, ...]:
    """Return the extensions that ``settings`` name, which were ``located`` so; raises SettingsError for one twice."""
    origins: list[Origin] = []
    for index, name in enumerate(settings.extensions):
        key, place = f"extensions.{index}", located.place_of(("extensions", index))
        if name in settings.extensions[:index]:
            raise SettingsError(place.file, place.line, key, f"names '{name}' again")
        origins.append(Origin(name, f"{place.file}:{place.line}: {key}", place.file.absolute().parent))
    return tuple(origins)


def extended_catalog(settings: Settings, origins: Iterable[Origin]) -> Catalog:
    """Return the catalogue for ``settings``, with what those extensions add. Raises ExtensionError."""
    from payment_catalog.catalog import build_catalog  # noqa: PLC0415

    return build_catalog(settings, [_addition(origin, settings) for origin in origins])


def _addition(origin: Origin, settings: Settings) -> Addition:
    from payment_alerts.added_alerts import AddedAlerts  # noqa: PLC0415
    from payment_alerts.alert import AlertGroup  # noqa: PLC0415
    from payment_bundle.extending.finding import find_extension  # noqa: PLC0415
    from payment_bundle.extending.guarded import Guarded  # noqa: PLC0415
    from payment_catalog.addition import Addition  # noqa: PLC0415
    from payment_catalog.incident import Incident  # noqa: PLC0415
    from payment_dashboards.added_panels import AddedPanels, RowsOn  # noqa: PLC0415
    from payment_dashboards.board import Board  # noqa: PLC0415

    extension, files = find_extension(origin)
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
