"""Generated files with gaps for the words of a service: one generation for all services that differ in words only.

A file that was generated from placeholders is cut at each of them. Where an escape put backslashes before the dots or
hyphens of a placeholder, the gap remembers how many, and a word is filled in likewise. Whether that is all that
happens to words is not taken for granted: a template is used only if it reproduces a service that was generated for
real, to the byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payment_bundle.manifest import Entry, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from payment_bundle.manifest import Manifest

#: A placeholder, with backslashes before its hyphen and its dot; at last one that a digest made shorter.
_OCCURRENCE = re.compile(rb"z[qQ]\d{4}(\\*)-(?:d(\\*)\.)?(?:q+z|q+-[0-9a-f]{8})")
#: What no text may have left of a placeholder once it is cut.
_LEFT = re.compile(rb"z[qQ]\d{4}", re.IGNORECASE)


class NotATemplate(Exception):  # noqa: N818 - it tells why, and is no error
    """The files do something else with a placeholder than print it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of one service by their path, and their manifest."""

    rendered: Mapping[str, bytes]
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a word is printed: the number of backslashes before each of its hyphens, and before each of its dots."""

    word: int
    before_hyphen: int
    before_dot: int

    def of(self, words: Sequence[str]) -> bytes:
        """Return the word so printed."""
        word = words[self.word]
        if self.before_hyphen:
            word = word.replace("-", "\\" * self.before_hyphen + "-")
        if self.before_dot:
            word = word.replace(".", "\\" * self.before_dot + ".")
        return word.encode()


@dataclass(frozen=True, slots=True)
class Segments:
    """A text with gaps: every second part is one, filled with the spelling of that index."""

    parts: tuple[bytes, ...]
    gaps: tuple[int, ...]

    def filled(self, spelled: Sequence[bytes]) -> bytes:
        """Return the text with what is ``spelled`` in its gaps."""
        if not self.gaps:
            return self.parts[0]
        parts = list(self.parts)
        parts[1::2] = [spelled[gap] for gap in self.gaps]
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Page:
    """A file with gaps, in its path as in its content; ``sha256`` of a content that has none."""

    path: Segments
    content: Segments
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Template:
    """Files with gaps."""

    pages: tuple[Page, ...]
    spellings: tuple[Spelling, ...]

    def kept(self, wanted: Callable[[str], bool]) -> Template:
        """Return the template of the files whose paths, up to the first gap, are ``wanted``."""
        return replace(self, pages=tuple(page for page in self.pages if wanted(page.path.parts[0].decode())))

    def bundle(self, words: Sequence[str]) -> Bundle:
        """Return the files of the service with these words."""
        spelled = [spelling.of(words) for spelling in self.spellings]
        rendered: dict[str, bytes] = {}
        manifest: Manifest = {}
        for page in self.pages:
            path, content = page.path.filled(spelled).decode(), page.content.filled(spelled)
            rendered[path] = content
            manifest[path] = Entry(page.sha256 or digest(content), page.source)
        return Bundle(rendered, manifest)


def template_of(bundle: Bundle, placeholders: Sequence[str]) -> Template:
    """Return the files of ``bundle``, cut at the placeholders; raises NotATemplate."""
    cutter = _Cutter(placeholders)
    pages = []
    for path, content in bundle.rendered.items():
        cut_path, cut = cutter.cut(path.encode(), path), cutter.cut(content, path)
        entry = bundle.manifest[path]
        pages.append(Page(cut_path, cut, entry.source, "" if cut.gaps else entry.sha256))
    return Template(tuple(pages), tuple(cutter.spellings))


class _Cutter:
    """Cuts texts, and numbers the spellings that it meets."""

    def __init__(self, placeholders: Sequence[str]) -> None:
        self._word_of = {placeholder.encode(): word for word, placeholder in enumerate(placeholders)}
        self.spellings: dict[Spelling, int] = {}

    def cut(self, text: bytes, path: str) -> Segments:
        parts: list[bytes] = []
        gaps: list[int] = []
        end = 0
        for found in _OCCURRENCE.finditer(text):
            word = self._word_of.get(found[0].replace(b"\\", b""))
            if word is None:
                raise NotATemplate(f"{path}: does not print a setting as it is")
            parts += [text[end : found.start()], b""]
            gaps.append(self._number(Spelling(word, len(found[1]), len(found[2] or b""))))
            end = found.end()
        parts.append(text[end:])
        if any(map(_LEFT.search, parts)):
            raise NotATemplate(f"{path}: does not print a setting as it is")
        return Segments(tuple(parts), tuple(gaps))

    def _number(self, spelling: Spelling) -> int:
        return self.spellings.setdefault(spelling, len(self.spellings))
