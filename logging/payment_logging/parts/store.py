"""Sends each record to both places where it is kept."""

from __future__ import annotations

from payment_logging.fluentd import Section
from payment_logging.parts.labels import Stage, stage


def store() -> tuple[Section, ...]:
    """Return the label."""
    places = tuple(
        Section("store", "", {"@type": "relabel", "@label": each.value}) for each in (Stage.SEARCH, Stage.ARCHIVE)
    )
    return (stage(Stage.STORE, Section("match", "**", {"@type": "copy"}, places)),)
