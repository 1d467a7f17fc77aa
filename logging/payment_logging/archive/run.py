"""One run of the archive over a directory."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from payment_logging.archive.compression import check_whole, pack
from payment_logging.archive.content import content_of
from payment_logging.archive.log_file import FileError, LogFile
from payment_logging.archive.naming import object_key, shown
from payment_logging.archive.store import AccessError, AlreadyThereError, There, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_logging.archive.directory import LogDirectory
    from payment_logging.archive.log_file import Selection
    from payment_logging.archive.store import Store

#: After so many files in a row for which the server was not there, the others are left to the next run.
_GIVE_UP = 3
#: Bytes from which on it takes so long to compress a file that people want to know what is going on.
_LONG = 256 << 20


class Progress(Protocol):
    """Is told how a run goes."""

    def say(self, line: str, /) -> None:
        """Show a finished line."""

    def sending(self, name: str, size: int, /) -> Callable[[int], None]:
        """Return what is told the bytes of the file ``name`` as they are sent."""


class End(StrEnum):
    """How a run ended."""

    DONE = "done"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


@dataclass
class Summary:
    """What a run did; ``sent_bytes`` are those of compressed files. ``stopped`` says why files were left untried.

    ``waiting`` are the old files that are still here, or not known to be in the bucket.
    """

    selected: int
    waiting: set[LogFile] = field(default_factory=set)
    archived: int = 0
    there_already: int = 0
    failed: int = 0
    sent_bytes: int = 0
    end: End = End.DONE
    stopped: str = ""

    @property
    def untried(self) -> int:
        """Files that the run did not come to."""
        return self.selected - self.archived - self.there_already - self.failed


@dataclass
class Archive:
    """A directory and the bucket that its old files go to; with ``keep``, the compressed files stay here too."""

    directory: LogDirectory
    store: Store
    prefix: str
    keep: bool
    progress: Progress
    _unanswered: int = field(default=0, init=False)

    def run(self, selection: Selection, unlisted: int = 0) -> Summary:
        """Archive ``selection``; ``unlisted`` folders that could not be read count as failures of their own.

        No error of a file ends the run; the summary says how it went, also where it was interrupted.
        """
        summary = Summary(len(selection.files) + unlisted, set(selection.files), failed=unlisted)
        try:
            self.store.check()
            for file in selection.files:
                self._try(file, summary)
                if self._unanswered == _GIVE_UP and summary.untried:
                    summary.stopped = f"the server was not there {_GIVE_UP} times in a row"
                    break
            summary.end = End.INCOMPLETE if summary.failed or summary.untried else End.DONE
        except AccessError as error:
            summary.end, summary.stopped = End.REFUSED, str(error)
        except UnavailableError as error:
            summary.end, summary.stopped = End.INCOMPLETE, str(error)
        except KeyboardInterrupt:
            summary.end, summary.stopped = End.INTERRUPTED, "interrupted"
        return summary

    def _try(self, file: LogFile, summary: Summary) -> None:
        try:
            self._archive(file, summary)
            summary.waiting.remove(file)
            self._unanswered = 0
        except FileError as error:
            summary.failed += 1
            self._unanswered = self._unanswered + 1 if isinstance(error, UnavailableError) else 0
            self.progress.say(f"  ! {shown(file.path)}: {error}")
        except OSError as error:
            summary.failed += 1
            self.progress.say(f"  ! {shown(file.path)}: {error.strerror or error}")

    def _archive(self, file: LogFile, summary: Summary) -> None:
        object_key(self.prefix, file)
        if file.size >= _LONG and not file.is_packed:
            self.progress.say(f"    {shown(file.path)}: {size_text(file.size)} are compressed")
        with self.directory.folder(file.path) as folder:
            packed = file if file.is_packed else pack(folder, file)
            key = object_key(self.prefix, packed)
            address = shown(self.store.address(key))
            with folder.opened(packed) as stream:
                check_whole(stream)
                content = content_of(stream, packed.size)
                there = self.store.there(key, content)
                if there is There.OTHER:
                    raise FileError(f"{address} is there and holds something else; neither was touched")
                if there is There.NOTHING:
                    with suppress(AlreadyThereError):
                        self.store.put(key, stream, content, self.progress.sending(shown(packed.path), packed.size))
                    summary.sent_bytes += content.size
                    if self.store.there(key, content) is not There.SAME:
                        raise FileError(f"{address} does not hold what was sent; the file stays here")
            if not self.keep:
                folder.remove(packed)
        if there is There.SAME:
            summary.there_already += 1
        else:
            summary.archived += 1
        self.progress.say(_line(file, packed, address, there, kept=self.keep))


def plan(selection: Selection, prefix: str, store: Store) -> tuple[list[str], int]:
    """Return a line for each file that a run would archive, and how many it could not; nothing is asked or touched."""
    lines, failed = [], 0
    for file in selection.files:
        try:
            lines.append(f"  + {shown(file.path)} -> {shown(store.address(object_key(prefix, file)))}")
        except FileError as error:
            failed += 1
            lines.append(f"  ! {shown(file.path)}: {error}")
    return lines, failed


def _line(file: LogFile, packed: LogFile, address: str, there: There, *, kept: bool) -> str:
    sign, was = ("=", ", there already") if there is There.SAME else ("+", "")
    sizes = size_text(packed.size) if file.is_packed else f"{size_text(file.size)} as {size_text(packed.size)}"
    return f"  {sign} {shown(file.path)} -> {address} ({sizes}{was}{', kept' if kept else ''})"


def size_text(size: float) -> str:
    """Return a number of bytes as people read it: ``1.5 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
