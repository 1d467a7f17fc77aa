"""Files joined by their includes."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from payment_catalog.findings import Finding
from payment_logging.fluentd.linting.nodes import Node
from payment_logging.fluentd.model import Include, Section
from payment_logging.fluentd.parsing import FluentdSyntaxError, parse_sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from payment_logging.fluentd.model import Item

#: Where Fluentd's images keep its configuration.
HOME = "/fluentd/etc"


@dataclass(slots=True)
class Loaded:
    """Every file that can be read, and what is wrong with the others and with includes."""

    items: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def load(files: Mapping[str, str]) -> Loaded:
    """Read every file; each include must find a file."""
    loaded = Loaded()
    for file, text in files.items():
        try:
            loaded.items[file] = parse_sections(text)
        except FluentdSyntaxError as error:
            loaded.findings.append(Finding(file, error.line, "syntax", error.problem))
    for file, items in loaded.items.items():
        for include in _includes(items):
            if not _is_elsewhere(include) and not _included(file, include, files):
                message = f"no file is {include.path}: Fluentd goes on without"
                loaded.findings.append(Finding(file, include.line, "include", message))
    return loaded


def entries(loaded: Loaded) -> tuple[str, ...]:
    """Return the files that no other includes."""
    included = {
        path
        for file, items in loaded.items.items()
        for include in _includes(items)
        for path in _included(file, include, loaded.items)
    }
    return tuple(file for file in loaded.items if file not in included)


def expand(loaded: Loaded, file: str, within: tuple[str, ...] = ()) -> tuple[Node, ...]:
    """Return the sections of ``file`` with those of its includes in their place; a file in itself is left out."""
    return tuple(_expand(loaded, file, loaded.items[file], (*within, file)))


def _expand(loaded: Loaded, file: str, items: Iterable[Item], within: tuple[str, ...]) -> Iterator[Node]:
    for item in items:
        if isinstance(item, Section):
            yield Node(file, item, tuple(_expand(loaded, file, item.sections, within)))
            continue
        for path in _included(file, item, loaded.items):
            if path not in within:
                yield from expand(loaded, path, within)


def _includes(items: Iterable[Item]) -> Iterator[Include]:
    for item in items:
        if isinstance(item, Include):
            yield item
        else:
            yield from _includes(item.sections)


def _included(file: str, include: Include, files: Iterable[str]) -> tuple[str, ...]:
    """Return the files in the order in which Fluentd reads them: that of their names."""
    here = posixpath.dirname(file)
    path = posixpath.relpath(include.path, HOME) if include.path.startswith(f"{HOME}/") else include.path
    pattern = posixpath.normpath(posixpath.join(here, path))
    return tuple(sorted(known for known in files if _matches(known, pattern)))


def _matches(file: str, pattern: str) -> bool:
    parts, wanted = file.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(fnmatchcase(*pair) for pair in zip(parts, wanted, strict=True))


def _is_elsewhere(include: Include) -> bool:
    """Whether the file is fetched, or lies outside of the configuration's directory."""
    absolute = include.path.startswith("/") and not include.path.startswith(f"{HOME}/")
    return absolute or "://" in include.path
