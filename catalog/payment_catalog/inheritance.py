"""Settings that inherit: what a file says goes over what its bases say, and each value keeps the place it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_catalog.loading import KeyPath, Located, Place

if TYPE_CHECKING:
    from collections.abc import Mapping


def inherited(base: Located, over: Located) -> Located:
    """Return ``over`` on top of ``base``: mappings merge deep, lists and single values replace.

    Each key path has the place of the file whose value is in force; so an error names the file that is wrong.
    """
    places: dict[KeyPath, Place] = {(): over.places[()]}
    return Located(_merged(base, over, (), places), places)


def _merged(base: Located, over: Located, path: KeyPath, places: dict[KeyPath, Place]) -> Any:
    below, above = _at(base.data, path), _at(over.data, path)
    if not (isinstance(below, dict) and isinstance(above, dict)):
        _take(over.places, path, above, places)
        return above
    merged: dict[str, Any] = {}
    for key in [*below, *(key for key in above if key not in below)]:
        here = (*path, key)
        if key in below and key in above:
            places[here] = over.places[here]
            merged[key] = _merged(base, over, here, places)
        else:
            source, value = (over, above[key]) if key in above else (base, below[key])
            _take(source.places, here, value, places)
            merged[key] = value
    return merged


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


def _take(source: Mapping[KeyPath, Place], path: KeyPath, value: Any, places: dict[KeyPath, Place]) -> None:
    """Copy the places of ``value`` and of everything in it."""
    places[path] = source[path]
    if isinstance(value, dict):
        for key, item in value.items():
            _take(source, (*path, key), item, places)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _take(source, (*path, index), item, places)
