"""What the last run knew, so that what nobody touched is left alone; without it, everything is compared anew."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from payment_bundle.fleet.extension_digests import Listed
from payment_bundle.fleet.names import Names

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = 2
#: Of this machine alone, for its times of files: the directory keeps itself out of version control.
_DIRECTORY, _FILE = ".payobs", "fleet.json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """Of one service: digests of what it is made from and of the program, what it is called, and its files' stamp.

    ``extensions`` are those that its settings name.
    """

    inputs: str
    program: str
    names: Names
    stamp: str
    extensions: tuple[Listed, ...] = ()


@dataclass(slots=True)
class Memory:
    """Of a fleet: its services by path, and the digest of what each file of the fleet itself was made from."""

    services: dict[str, Remembered] = field(default_factory=dict)
    monitoring: dict[str, Remembered] = field(default_factory=dict)


def recall(out: Path) -> Memory:
    """Return what is remembered of ``out``; nothing where that cannot be read, as it is only there to save time."""
    try:
        data = orjson.loads((out / _DIRECTORY / _FILE).read_bytes())
        if data["version"] != _VERSION:
            return Memory()
        return Memory(_remembered(data["services"]), _remembered(data["monitoring"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Memory()


def remember(out: Path, memory: Memory) -> None:
    """Keep ``memory`` for the next run; raises OSError."""
    directory = out / _DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("*\n")
    data = {"version": _VERSION, **asdict(memory)}
    written = directory / f"{_FILE}.new"
    written.write_bytes(orjson.dumps(data))
    written.replace(directory / _FILE)


def _remembered(data: dict[str, dict[str, Any]]) -> dict[str, Remembered]:
    return {
        path: Remembered(
            found["inputs"],
            found["program"],
            Names(**{**found["names"], "claims": tuple(found["names"]["claims"])}),
            found["stamp"],
            tuple(Listed(**one) for one in found["extensions"]),
        )
        for path, found in data.items()
    }
