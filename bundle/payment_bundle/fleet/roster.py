"""Who is in a fleet: each file's settings or what is wrong with it, and whether anything changed since the last run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_bundle.fleet.extension_digests import ExtensionDigests, Listed
from payment_bundle.fleet.making import Service
from payment_bundle.fleet.names import Names, clashes, names_of
from payment_bundle.fleet.program import program, stamp
from payment_bundle.fleet.settings import Reader
from payment_bundle.fleet.sources import Source, chosen, sources, unplaced
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from payment_bundle.fleet.memory import Memory, Remembered
    from payment_bundle.fleet.teamwork import Team


@dataclass(frozen=True, slots=True)
class Entry:
    """A service of the fleet, and the extensions that it lists.

    ``inputs`` is the digest of the parts that it gets, the files of its settings and the sources of its extensions.
    """

    source: Source
    inputs: str
    names: Names
    extensions: tuple[Listed, ...] = ()

    @property
    def path(self) -> str:
        """Its directory below the output directory."""
        return self.source.path


@dataclass(frozen=True, slots=True)
class Roster:
    """All services of a fleet in order of path, the texts of what is wrong with files, and which were asked for."""

    directory: Path
    found: tuple[Source, ...]
    entries: tuple[Entry, ...]
    broken: tuple[str, ...]
    chosen: frozenset[str]
    parts: frozenset[str]
    _reader: Reader = field(default_factory=Reader)

    @property
    def asked(self) -> tuple[Entry, ...]:
        """The sound services that were asked for."""
        return tuple(entry for entry in self.entries if entry.path in self.chosen)

    def service(self, entry: Entry) -> Service:
        """Return a service with its settings."""
        found = self._reader.settings(entry.source)
        return Service(found.settings, found.origins, path=entry.path, parts=self.parts)

    def by_prometheus(self) -> dict[str, tuple[Entry, ...]]:
        """Return the services that share a Prometheus, by its address."""
        addresses = sorted({entry.names.prometheus for entry in self.entries if entry.names.shared})
        return {
            address: tuple(entry for entry in self.entries if entry.names.prometheus == address)
            for address in addresses
        }


def roster(directory: Path, memory: Memory, only: tuple[str, ...], parts: frozenset[str]) -> Roster:
    """Return who is in the fleet of ``directory``; raises FleetError where it is none, or ``only`` names nobody."""
    found = sources(directory)
    misplaced = unplaced(found)
    broken = {problem.source.file: str(problem) for problem in misplaced}
    reader, content, extensions = Reader(), _Digests(parts), ExtensionDigests(directory)
    entries: list[Entry] = []
    for source in found:
        if source.file in broken:
            continue
        try:
            entries.append(_entry(source, reader, content.of(source), extensions, memory))
        except ForeseenError as error:
            broken[source.file] = str(error)
    clashing = clashes({entry.source.file: entry.names for entry in entries})
    broken |= {file: f"{file}: {reason}" for file, reason in clashing.items()}
    services = {entry.path: entry.names.service for entry in entries}
    wanted = chosen(found, services, only)
    return Roster(
        directory,
        found,
        tuple(entry for entry in entries if entry.source.file not in clashing),
        tuple(broken[source.file] for source in found if source.file in broken and source.path in wanted),
        wanted,
        parts,
        reader,
    )


def untouched(entries: tuple[Entry, ...], memory: Memory, out: Path, team: Team) -> frozenset[str]:
    """Return the paths of services whose settings and files, and the program, are as the last run left them."""
    known = {entry.path: memory.services[entry.path] for entry in entries if entry.path in memory.services}
    same = [entry.path for entry in entries if (last := known.get(entry.path)) and _is_same(last, entry.inputs)]
    stamps = team.map(stamp, [str(out / path) for path in same])
    return frozenset(path for path, found in zip(same, stamps, strict=True) if known[path].stamp == found)


def is_current(known: Remembered, inputs: str, directory: Path) -> bool:
    """Whether what was made from ``inputs`` is as this program has left it."""
    return _is_same(known, inputs) and known.stamp == stamp(str(directory))


def _is_same(known: Remembered, inputs: str) -> bool:
    return known.inputs == inputs and known.program == program()


def inputs_of(entries: Iterable[Entry]) -> str:
    """Return the digest of the files that the settings of several services come from."""
    return hashlib.sha256("\n".join(f"{entry.path} {entry.inputs}" for entry in entries).encode()).hexdigest()


def _entry(source: Source, reader: Reader, content: str, extensions: ExtensionDigests, memory: Memory) -> Entry:
    known = memory.services.get(source.path)
    if known is not None:
        inputs = extensions.digest(content, known.extensions)
        if _is_same(known, inputs):
            return Entry(source, inputs, known.names, known.extensions)
    found = reader.settings(source)
    listed = extensions.listed(found.origins)
    return Entry(source, extensions.digest(content, listed), names_of(found.settings), listed)


@dataclass(slots=True)
class _Digests:
    """Digests of what services are made from: which parts, and files, of each base once."""

    parts: frozenset[str]
    _known: dict[Path, str] = field(default_factory=dict)

    def of(self, source: Source) -> str:
        found = [*sorted(self.parts), *(self._base(base) for base in source.bases), _digest(source.file)]
        return hashlib.sha256("\n".join(found).encode()).hexdigest()

    def _base(self, file: Path) -> str:
        if file not in self._known:
            self._known[file] = _digest(file)
        return self._known[file]


def _digest(file: Path) -> str:
    """Return the digest of a file; of one that cannot be read, nothing: reading it as settings says why."""
    try:
        return f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}"
    except OSError:
        return ""
