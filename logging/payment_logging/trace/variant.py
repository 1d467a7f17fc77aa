"""The pipeline as it can be run on a desk: the same filters, matches and labels in order, with ends of its own.

It reads one file and writes files. What would listen, or speak to another machine, is left out or replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payment_logging.fluentd import Section
from payment_logging.parts.labels import ruby_fields
from payment_logging.trace.outputs import leaves, output_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from payment_logging.fluentd import Item, Value
    from payment_logging.trace.container_file import ContainerFile
    from payment_logging.trace.outputs import Output
    from payment_logging.variants import Part

#: Fields of a record while it is followed: the number of its first line, and, where it is written, tag and time.
LINE_FIELD, TAG_FIELD, TIME_FIELD = "payobs_line", "payobs_tag", "payobs_time"
#: Counts a file's lines; the plugin also calls it once without a record, when it is configured.
_COUNT = "record && (@line = (@line || 0) + 1)"
#: Filters that a Fluentd may lack: they add what only a cluster knows, and count.
OPTIONAL_FILTERS = ("kubernetes_metadata", "prometheus")
#: How a place names what a chunk has in common.
_PLACEHOLDERS = {"tag": "${tag", "time": "%"}
#: What of a buffer decides where a record is written, and how much it holds.
_KEPT_OF_BUFFER = ("timekey", "timekey_use_utc", "chunk_limit_size", "total_limit_size")


@dataclass(frozen=True, slots=True)
class Desk:
    """Paths of a run: the file that is read, and directories for the outputs' files and for what Fluentd keeps."""

    lines: str
    out: str
    state: str

    @property
    def positions(self) -> str:
        """The file in which Fluentd writes how far it has read."""
        return f"{self.state}/positions"


def tracing(parts: Iterable[Part], file: ContainerFile, desk: Desk, without: Iterable[str] = ()) -> tuple[Section, ...]:
    """Return the configuration that reads ``desk.lines`` as if it were ``file``.

    Each output writes below ``desk.out``, in a folder called as its ``@id``, to the path that its place is; filters of
    the types in ``without`` are left out.
    """
    change = _Changes(file, desk, frozenset(without))
    return tuple(change.marked(section) for part in parts for section in change.sections(part.sections))


@dataclass(frozen=True, slots=True)
class _Changes:
    file: ContainerFile
    desk: Desk
    without: frozenset[str]

    def sections(self, items: Iterable[Item]) -> Iterator[Section]:
        for item in items:
            if not isinstance(item, Section):
                continue
            kind = item.text("@type") or ""
            if item.name == "source":
                if kind == "tail":
                    yield self._reading(item)
            elif item.name == "match" and leaves(item):
                yield _writing(output_of(item), self.desk)
            elif item.name == "filter" and kind == "kubernetes_metadata" and kind not in self.without:
                # No account of a cluster, should this machine have one.
                yield replace(item, parameters={**item.parameters, "secret_dir": f"{self.desk.state}/none"})
            elif not (item.name == "filter" and kind in self.without):
                yield replace(item, sections=tuple(self.sections(item.sections)))

    def marked(self, section: Section) -> Section:
        """Return ``section`` with what numbers the lines, where it is the label that they come to first."""
        first = section.name == "label" and section.argument == self.file.label
        return replace(section, sections=(_numbering(), *section.sections)) if first else section

    def _reading(self, source: Section) -> Section:
        own: Mapping[str, Value] = {
            "path": self.desk.lines,
            "pos_file": self.desk.positions,
            "tag": self.file.tag,
            "read_from_head": True,
        }
        kept = {name: value for name, value in source.parameters.items() if name != "exclude_path"}
        return replace(source, parameters={**kept, **own})


def _numbering() -> Section:
    return Section("filter", "**", {"@type": "record_modifier"}, (ruby_fields(**{LINE_FIELD: _COUNT}),))


def _writing(output: Output, desk: Desk) -> Section:
    """Return what writes to files, one for each place, in JSON as the archive does, with tag and time."""
    buffers = output.section.inner("buffer")
    parameters: Mapping[str, Value] = {
        "@type": "file",
        "@id": output.id,
        "path": f"{desk.out}/{output.id}/{output.place.lstrip('/')}",
        "add_path_suffix": False,
        "append": True,
    }
    added: Mapping[str, Value] = {
        "tag_key": TAG_FIELD,
        "time_key": TIME_FIELD,
        "time_type": "string",
        "time_format": "%Y-%m-%dT%H:%M:%S.%NZ",
        "utc": True,
    }
    written = (
        *(_flushed_at_once(buffer, output.place) for buffer in buffers),
        Section("inject", "", added),
        Section("format", "", {"@type": "json"}),
    )
    return replace(output.section, parameters=parameters, sections=written)


def _flushed_at_once(buffer: Section, place: str) -> Section:
    """Return a buffer that tells apart what the place does: Fluentd refuses other keys."""
    keys = ",".join(key for key, placeholder in _PLACEHOLDERS.items() if key in _keys(buffer) and placeholder in place)
    kept = {name: value for name, value in buffer.parameters.items() if name in _KEPT_OF_BUFFER}
    own: Mapping[str, Value] = {"@type": "memory", "flush_mode": "immediate", "flush_at_shutdown": True}
    return replace(buffer, argument=keys or "[]", parameters={**own, **kept})


def _keys(buffer: Section) -> list[str]:
    return [key.strip() for key in buffer.argument.split(",")]
