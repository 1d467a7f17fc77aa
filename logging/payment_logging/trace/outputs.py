"""The outputs of a configuration: where each would write, and how a record looks there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from payment_logging.fluentd import Section
from payment_logging.parts.labels import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from payment_logging.fluentd import Item, Json
    from payment_logging.variants import Part

Record: TypeAlias = "dict[str, Json]"

#: Outputs that only send on, within Fluentd.
PASSING = ("relabel", "copy", "rewrite_tag_filter")
#: Stands for the id of a chunk, which is another one in each run.
CHUNK = "CHUNK"
#: What the plugin for S3 replaces itself; its time slice of an hour is that of ``timekey``.
_S3 = {"%{time_slice}": "%Y%m%d%H", "%{file_extension}": "gz", "${chunk_id}": CHUNK}
_TAG_PART = re.compile(r"\$\{tag\[(\d+)\]\}")


@dataclass(frozen=True, slots=True)
class Output:
    """An output, by its ``@id``.

    ``place`` is the template of where it writes, with Fluentd's placeholders for tag and time; ``kind`` says what
    stands before a place, for people. ``takes_errors`` where what cannot be read goes.
    """

    id: str
    type: str
    kind: str
    place: str
    section: Section = field(repr=False)
    takes_errors: bool = False

    def shown(self, place: str) -> str:
        """Return ``place``, which Fluentd made of the template, for people."""
        return f"{self.kind}{place}"

    def looks(self, record: Record, time: str) -> tuple[Record, str]:
        """Return the record as the plugin writes it, and its id there; only Elasticsearch's changes it."""
        if self.type != "elasticsearch":
            return record, ""
        removed = (self.section.text("remove_keys") or "").split(",")
        there = {name: value for name, value in record.items() if name not in removed}
        if self.section.text("include_timestamp") == "true":
            there.setdefault("@timestamp", time)
        return there, str(record.get(self.section.text("id_key") or "", ""))


def outputs(parts: Iterable[Part]) -> tuple[Output, ...]:
    """Return every output that leaves Fluentd, in order."""
    return tuple(
        replace(output_of(each), takes_errors=label == Stage.ERROR)
        for part in parts
        for label, each in _matches(part.sections)
        if leaves(each)
    )


def leaves(match: Section) -> bool:
    """Whether a match is an output that leaves Fluentd."""
    return match.text("@type") not in PASSING


def place_by_tag(place: str, tag: str) -> str:
    """Return a template with the parts of a tag in it; times stay templates."""
    parts = dict(enumerate(tag.split(".")))
    return _TAG_PART.sub(lambda found: parts.get(int(found[1]), ""), place)


def output_of(match: Section) -> Output:
    """Return a match as the output that it is."""
    kind = match.text("@type") or ""
    named = match.text("@id") or kind
    match kind:
        case "elasticsearch":
            return Output(named, kind, "data stream ", match.text("index_name") or "", match)
        case "s3":
            return Output(named, kind, f"s3://{match.text('s3_bucket')}/", _s3_key(match), match)
        case "forward":
            servers = (f"{each.text('host')}:{each.text('port')}" for each in match.inner("server"))
            return Output(named, kind, "", " or ".join(servers), match)
    return Output(named, kind, "file ", match.text("path") or "", match)


def _matches(items: Iterable[Item], label: str = "") -> Iterator[tuple[str, Section]]:
    """Return every match with the label that it stands in."""
    for item in items:
        if isinstance(item, Section):
            if item.name == "match":
                yield label, item
            yield from _matches(item.sections, item.argument if item.name == "label" else label)


def _s3_key(match: Section) -> str:
    replaced: Mapping[str, str] = {"%{path}": match.text("path") or "", **_S3}
    key = match.text("s3_object_key_format") or ""
    for placeholder, text in replaced.items():
        key = key.replace(placeholder, text)
    return key
