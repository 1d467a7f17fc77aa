"""A Dockerfile of the repository, as the builder reads it."""

from __future__ import annotations

import fnmatch
import re
import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Instruction:
    """One instruction of the Dockerfile; ``stage`` is the one that it stands in."""

    stage: str
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


@dataclass(frozen=True)
class Dockerfile:
    """The file at ``path`` in the repository, which is what is sent to the builder."""

    path: str

    def __str__(self) -> str:
        return self.path

    def instructions(self) -> list[Instruction]:
        content = (ROOT / self.path).read_text()
        lines = [line for line in content.splitlines() if line.strip() and not line.startswith("#")]
        found: list[Instruction] = []
        stage = ""
        for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
            name, text = line.split(maxsplit=1)
            if name == "FROM":
                stage = text.rpartition(" AS ")[2]
            found.append(Instruction(stage, name, text))
        return found

    def named(self, name: str) -> list[Instruction]:
        return [it for it in self.instructions() if it.name == name]

    def final(self, name: str) -> Instruction:
        """The only instruction of that name in the stage that becomes the image."""
        (only,) = [it for it in self.named(name) if it.stage == self.instructions()[-1].stage]
        return only

    def copied(self, stage: str | None = None) -> list[str]:
        """Paths of the repository that are copied into the image or a stage of it."""
        return [
            source
            for it in self.named("COPY")
            if "--from=" not in it.text and stage in (None, it.stage)
            for source in it.words[:-1]
        ]

    def ignored(self, path: str) -> bool:
        """Whether ``path`` is kept from the builder: the last line that matches it or a parent decides.

        BuildKit takes ``<Dockerfile>.dockerignore`` where it is there, else the ``.dockerignore`` of the root.
        """
        own = ROOT / f"{self.path}.dockerignore"
        outcome = False
        for line in (own if own.exists() else ROOT / ".dockerignore").read_text().splitlines():
            if not line or line.startswith("#"):
                continue
            pattern = line.removeprefix("!").removeprefix("**/")
            parts = [PurePosixPath(path), *PurePosixPath(path).parents]
            subjects = (
                [part.name for part in parts] if "**/" in line else [str(part) for part in parts if str(part) != "."]
            )
            if any(fnmatch.fnmatch(subject, pattern) for subject in subjects):
                outcome = not line.startswith("!")
        return outcome
