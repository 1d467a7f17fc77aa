"""Finds an extension: offered by an installed package, or an attribute of a module."""

from __future__ import annotations

import difflib
import importlib.util
import sys
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from payment_bundle.extending.origin import shown, source_of
from payment_bundle.extension import GROUP, Extension

if TYPE_CHECKING:
    from payment_bundle.extending.origin import Origin


def find_extension(origin: Origin) -> tuple[Extension, tuple[Path, ...]]:
    """Return the extension that ``origin`` names and the files of its source.

    Raises ExtensionError where there is none, where importing it fails, and where it is something else.
    """
    name, attribute = _reference(origin)
    file = _located(origin, name)
    files = source_of(file)
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise replace(origin, files=files).failed(error, "when it is imported") from error
    found = getattr(module, attribute, None)
    if isinstance(found, Extension):
        return found, files
    where = f"module '{name}' ({shown(file)})"
    offered = [name for name, value in vars(module).items() if isinstance(value, Extension)]
    there = f"it has {', '.join(offered)}" if offered else "it has none"
    if not hasattr(module, attribute):
        raise origin.refused(f"{where} has no '{attribute}'; an Extension is wanted, and {there}")
    raise origin.refused(
        f"'{attribute}' of {where} is of type {type(found).__name__}; it must be an Extension of "
        f"{Extension.__module__}, and {there}"
    )


def files_of(origin: Origin) -> tuple[Path, ...]:
    """Return the files of the source of the extension that ``origin`` names, which is not imported for that.

    Raises ExtensionError where there is none.
    """
    name, _ = _reference(origin)
    return source_of(_located(origin, name))


def _reference(origin: Origin) -> tuple[str, str]:
    if ":" in origin.name:
        module, _, attribute = origin.name.partition(":")
        return module, attribute
    offered = {found.name: found for found in entry_points(group=GROUP)}
    if origin.name in offered:
        return offered[origin.name].module, offered[origin.name].attr
    close = difflib.get_close_matches(origin.name, offered, n=1)
    suggestion = f", did you mean '{close[0]}'?" if close else ""
    there = f"there are {', '.join(sorted(offered))}" if offered else "there is none"
    raise origin.refused(
        f"no installed package offers an extension '{origin.name}'{suggestion}; in the group {GROUP} {there}. "
        "One in a module is named module:attribute"
    )


def _located(origin: Origin, name: str) -> Path:
    """Return the file of a module on Python's path, or, behind all of that, beside the settings."""
    directory = origin.directory
    if str(directory) not in sys.path:
        sys.path.append(str(directory))
    importlib.invalidate_caches()
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    except Exception as error:
        raise origin.failed(error, f"when '{name}' is looked for") from error
    if spec is None or spec.origin is None:
        raise origin.refused(f"there is no module '{name}', neither in {shown(directory)} nor on Python's path")
    file, path = Path(spec.origin), directory.joinpath(*name.split("."))
    beside = next((found for found in (path.with_suffix(".py"), path / "__init__.py") if found.is_file()), file)
    if beside.resolve() != file.resolve():
        raise origin.refused(
            f"Python knows another module '{name}', {shown(file)}, and so does not read {shown(beside)}; rename that"
        )
    return file
