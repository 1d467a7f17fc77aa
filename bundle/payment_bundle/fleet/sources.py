"""The files of a fleet: one for each service, and the bases that it inherits."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from pathlib import Path

#: Inherited by every file beside it and below.
BASE = "base.yaml"
#: Below the output directory, what belongs to no single service.
OF_THE_FLEET = "fleet"
_SUFFIXES = (".yaml", ".yml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class FleetError(ForeseenError):
    """A fleet that cannot be used as a whole."""


@dataclass(frozen=True, slots=True)
class Source:
    """A service's file. ``path`` is that of its generated files below the output directory, ``bases`` from the top."""

    path: str
    file: Path
    bases: tuple[Path, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that its settings come from, each file over those before it."""
        return *self.bases, self.file


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A file whose generated files have no place of their own."""

    source: Source
    reason: str

    def __str__(self) -> str:
        """Return the finding, with its file."""
        return f"{self.source.file}: {self.reason}"


def sources(directory: Path) -> tuple[Source, ...]:
    """Return every service's file below ``directory``, in order of path; raises FleetError where there is none."""
    if not directory.is_dir():
        raise FleetError(f"{directory}: is no directory; expected one with a YAML file for each service")
    found = sorted(_below(directory, "", ()), key=lambda source: (source.path, source.file.name))
    if not found:
        raise FleetError(f"{directory}: holds no YAML file of a service; {BASE} is what they inherit")
    return tuple(found)


def _below(directory: Path, prefix: str, bases: tuple[Path, ...]) -> list[Source]:
    entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    if any(entry.name == BASE and entry.is_file() for entry in entries):
        bases = (*bases, directory / BASE)
    found: list[Source] = []
    for entry in entries:
        stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - a thousand Paths take longer than the rest
        if entry.name.startswith(".") or entry.name == BASE:
            continue
        if entry.is_dir(follow_symlinks=False):
            found += _below(directory / entry.name, f"{prefix}{entry.name}/", bases)
        elif suffix in _SUFFIXES and entry.is_file():
            found.append(Source(f"{prefix}{stem}", directory / entry.name, bases))
    return found


def unplaced(found: tuple[Source, ...]) -> tuple[Unplaced, ...]:
    """Return the files whose output directory is another's too, lies in another's, or cannot be named."""
    problems: list[Unplaced] = []
    places = {source.path.casefold(): source for source in reversed(found)}
    for source in found:
        parts = source.path.split("/")
        other = places[source.path.casefold()]
        above = next(
            (holder for end in range(1, len(parts)) if (holder := places.get("/".join(parts[:end]).casefold()))), None
        )
        if not all(map(_NAME.fullmatch, parts)):
            reason = "names of files and directories may hold letters, digits, '.', '_' and '-' only"
        elif parts[0].casefold() == OF_THE_FLEET:
            reason = f"'{OF_THE_FLEET}' is the directory of what belongs to no single service; choose another name"
        elif other is not source:
            reason = f"is generated into {source.path}, as {other.file} is; rename one"
        elif above is not None:
            reason = f"is generated into {source.path}, within what {above.file} is generated into; rename one"
        else:
            continue
        problems.append(Unplaced(source, reason))
    return tuple(problems)


def chosen(found: tuple[Source, ...], services: dict[str, str], only: tuple[str, ...]) -> frozenset[str]:
    """Return the paths that ``only`` names by path, file or service; raises FleetError for a name that is none.

    ``services`` has the name of the service of each path, as far as it is known. Without ``only``, all are chosen.
    """
    if not only:
        return frozenset(source.path for source in found)
    paths: set[str] = set()
    for name in only:
        matching = {
            source.path for source in found if name in {source.path, str(source.file), services.get(source.path)}
        }
        if not matching:
            raise FleetError(f"--only: '{name}' is no service and no path of the fleet{_near(name, found, services)}")
        paths |= matching
    return frozenset(paths)


def _near(name: str, found: tuple[Source, ...], services: dict[str, str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for an error

    close = get_close_matches(name, [*services.values(), *(source.path for source in found)], n=1)
    return f", did you mean '{close[0]}'?" if close else ""
