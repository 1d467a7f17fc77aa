"""What can be said of the lines' way without Fluentd: by the configuration's model and its own expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Section
from payment_logging.parts.labels import Stage
from payment_logging.parts.tail import UNREADABLE
from payment_logging.trace.outputs import leaves, outputs, place_by_tag
from payment_logging.trace.reading import completed, read, routed, writable
from payment_logging.trace.traced import Arrival, Traced, expected, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_logging.trace.container_file import ContainerFile
    from payment_logging.trace.joining import Entry
    from payment_logging.trace.outputs import Output, Record
    from payment_logging.variants import Part


def expectations(parts: tuple[Part, ...], file: ContainerFile, entries: Iterable[Entry]) -> tuple[Traced, ...]:
    """Return for each entry where the configuration sends it."""
    stages = _stages(parts)
    (lift,) = (each for each in stages[Stage.LIFT] if each.text("@type") == "parser")
    (rewrite,) = (each for each in stages[Stage.ROUTE] if each.text("@type") == "rewrite_tag_filter")
    (parse,) = lift.inner("parse")
    stored = tuple(each for each in outputs(parts) if not each.takes_errors)
    failed = tuple(each for each in outputs(parts) if each.takes_errors)

    def arrivals(entry: Entry) -> tuple[Arrival, ...]:
        fields: Record = {UNREADABLE: entry.text} if entry.log is None else read(parse, redact(entry.log))
        tag = None if UNREADABLE in fields else routed(rewrite, completed(writable(fields)))
        return tuple(_at(each, tag) for each in stored) if tag else tuple(_at(each, file.tag) for each in failed)

    return tuple(expected(entry, arrivals(entry)) for entry in entries)


def chain(parts: tuple[Part, ...], file: ContainerFile) -> tuple[str, ...]:
    """Return the labels in the order in which records meet them: filters, then where each match leads."""
    stages = _stages(parts)
    waiting, seen = [file.label], list[str]()
    while waiting:
        label = waiting.pop(0)
        if label not in seen and label in stages:
            seen.append(label)
            waiting += (next_ for match in _named(stages[label], "match") for next_ in _labels(match))
    return tuple(f"{label}: {_steps(stages[label])}" for label in (*seen, Stage.ERROR))


def _at(output: Output, tag: str) -> Arrival:
    place = output.shown(place_by_tag(output.place, tag))
    return Arrival(output.id, place, tag, is_error=output.takes_errors)


def _stages(parts: tuple[Part, ...]) -> dict[str, tuple[Section, ...]]:
    labels = (section for part in parts for section in part.sections if section.name == "label")
    return {label.argument: tuple(each for each in label.sections if isinstance(each, Section)) for label in labels}


def _named(sections: Iterable[Section], name: str) -> tuple[Section, ...]:
    return tuple(each for each in sections if each.name == name)


def _labels(match: Section) -> Iterator[str]:
    for section in (match, *match.inner("store")):
        if label := section.text("@label"):
            yield label


def _steps(sections: tuple[Section, ...]) -> str:
    filters = (_title(each) for each in _named(sections, "filter"))
    return " → ".join((*filters, *(_end(each) for each in _named(sections, "match"))))


def _end(match: Section) -> str:
    if leaves(match):
        return f"output {_title(match)}"
    return " and ".join(_labels(match)) or f"{_title(match)} (new tag by the first rule that holds)"


def _title(section: Section) -> str:
    kind, named = section.text("@type") or "", section.text("@id")
    return f"{kind} {named}" if named and named != kind else kind
