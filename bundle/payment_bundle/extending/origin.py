"""Where an extension comes from: the line that names it, and the lines of its source."""

from __future__ import annotations

import ast
import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class ExtensionError(ForeseenError):
    """An extension that cannot be used: where it is named, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The extension ``name``, which ``named_at`` in the settings asks for, and the ``files`` of its source.

    Its module may lie in ``directory``, beside the settings that name it.
    """

    name: str
    named_at: str
    directory: Path
    files: tuple[Path, ...] = ()

    def refused(self, reason: str) -> ExtensionError:
        """Return the error that says why the extension cannot be used."""
        return ExtensionError(f"{self.named_at}: {reason}")

    def failed(self, error: BaseException, doing: str) -> ExtensionError:
        """Return the error that tells of an exception ``doing`` something, by its innermost place in the source."""
        place = _place_of(error, self.files)
        said = str(error).splitlines()[0] if str(error) else ""
        kind = type(error).__name__
        return self.refused(
            f"'{self.name}' fails {doing}{f', at {place}' if place else ''}: {kind}: {said}".rstrip(": ")
        )


def source_of(file: Path) -> tuple[Path, ...]:
    """Return the files that a module is made of: itself, what it imports from beside it, the rest of its package."""
    files = [file]
    for found in files:  # which grows
        beside = (file.parent / f"{name}.py" for name in _imported(found))
        files += [one for one in beside if one.is_file() and one not in files]
    package = sorted(file.parent.rglob("*.py")) if (file.parent / "__init__.py").is_file() else ()
    return tuple(dict.fromkeys((*files, *package)))


def _imported(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _place_of(error: BaseException, files: Iterable[Path]) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno or 0}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename) in set(files)]
    return f"{shown(Path(own[-1].filename))}:{own[-1].lineno}" if own else ""


def declared_in(name: str, files: Iterable[Path]) -> tuple[str, int]:
    """Return file and 1-based line of the source that declare ``name``; line 0 of the first where none has it.

    A line that sets a name or a title to it goes before one that only has it in quotes.
    """
    files = tuple(files)
    quoted = rf"""(?P<quote>["']){re.escape(name)}(?P=quote)"""
    for pattern in (re.compile(rf"\b(name|title|record)\s*=\s*{quoted}"), re.compile(quoted)):
        for file in files:
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
                if pattern.search(line):
                    return shown(file), number
    return (shown(files[0]), 0) if files else ("", 0)


def shown(file: Path) -> str:
    """Return the file as people here call it."""
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
