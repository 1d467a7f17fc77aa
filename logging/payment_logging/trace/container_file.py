"""The name of a container's log file, and the tag that the pipeline makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from payment_logging.fluentd import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_catalog.settings import Settings
    from payment_logging.fluentd import Item
    from payment_logging.variants import Part

#: A container's id, as it stands in the name of its file.
_CONTAINER_ID = "0" * 64


@dataclass(frozen=True, slots=True)
class ContainerFile:
    """A file as the source of the pipeline sees it, and the label that its records are sent to.

    ``made_up`` where the given one's name would not be read.
    """

    path: str
    tag: str
    label: str
    made_up: bool


def tail_source(parts: Iterable[Part]) -> Section | None:
    """Return the source that reads files; an aggregator has none."""
    return next(
        (source for part in parts for source in _sources(part.sections) if source.text("@type") == "tail"), None
    )


def container_file(source: Section, name: str, settings: Settings) -> ContainerFile:
    """Return the file ``name`` as ``source`` would find it among containers' logs, or one made up in its place."""
    directory = PurePosixPath(source.text("path") or "").parent
    made_up = not _is_read(source, str(directory / name))
    if made_up:
        name = f"{settings.service}-0_{settings.namespace}_{settings.service}-{_CONTAINER_ID}.log"
    path = str(directory / name)
    return ContainerFile(path, _tag(source, path), source.text("@label") or "", made_up)


def _is_read(source: Section, path: str) -> bool:
    """Whether a path is one that ``source`` reads; its patterns stay within a directory."""
    excluded = json.loads(source.text("exclude_path") or "[]")
    return fnmatchcase(path, source.text("path") or "") and not any(fnmatchcase(path, each) for each in excluded)


def _tag(source: Section, path: str) -> str:
    """Return the tag as ``in_tail`` makes it: the path with dots for slashes."""
    return (source.text("tag") or "").replace("*", path.replace("/", ".").lstrip("."))


def _sources(items: Iterable[Item]) -> Iterator[Section]:
    for item in items:
        if isinstance(item, Section):
            if item.name == "source":
                yield item
            yield from _sources(item.sections)
