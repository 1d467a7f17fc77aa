"""Annotations: what happened when, from the dashboard's queries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.colours import hexadecimal
from payment_bundle.preview.timerange import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from payment_bundle.preview.model import Annotation, Dashboard
    from payment_bundle.preview.queries import Sampled

_TEMPLATE = re.compile(r"\{\{\s*(.+?)\s*\}\}")
#: Grafana's distance between two looks, and a limit to what one query draws.
DEFAULT_STEP = 60.0
_MOST = 200


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``start``, and lasted until ``end`` (both in seconds since 1970)."""

    start: float
    end: float
    title: str
    text: str
    tags: tuple[str, ...]
    colour: str
    source: str


def queries_of(dashboard: Dashboard) -> tuple[Annotation, ...]:
    """Return the annotations that ask Prometheus."""
    return tuple(one for one in dashboard.annotations.list if one.enable and one.expr and not one.built_in)


def step_of(annotation: Annotation, least: float) -> float:
    """Return how far apart an annotation's query looks, in seconds."""
    return max(parse_duration(annotation.step) or DEFAULT_STEP, least)


def events(annotation: Annotation, found: Sequence[Sampled], step: float) -> tuple[Event, ...]:
    """Return an event for each stretch of time in which a series is there and not zero."""
    return tuple(_stretches(annotation, found, step))[:_MOST]


def _stretches(annotation: Annotation, found: Sequence[Sampled], step: float) -> Iterator[Event]:
    for sampled in found:
        times = [value if annotation.use_value_for_time else at for at, value in sampled.points if value]
        times = [at / 1000 for at in times] if annotation.use_value_for_time else times
        for start, end in _joined(times, step):
            yield Event(
                start,
                end,
                _filled(annotation.title_format, sampled.labels) or annotation.name,
                _filled(annotation.text_format, sampled.labels),
                tuple(
                    sampled.labels[key]
                    for key in (key.strip() for key in annotation.tag_keys.split(","))
                    if key in sampled.labels
                ),
                hexadecimal(annotation.icon_color),
                annotation.name,
            )


def _joined(times: Sequence[float], step: float) -> Iterator[tuple[float, float]]:
    start = end = None
    for at in times:
        if start is None or end is None or at > end + step * 1.001:
            if start is not None and end is not None:
                yield start, end
            start = at
        end = at
    if start is not None and end is not None:
        yield start, end


def _filled(template: str, labels: Mapping[str, str]) -> str:
    return _TEMPLATE.sub(lambda match: labels.get(match[1], ""), template)
