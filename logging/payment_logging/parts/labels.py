"""The labels that a record passes through, in order, and how it gets from one to the next."""

from __future__ import annotations

from enum import StrEnum

from payment_logging.fluentd import Section


class Stage(StrEnum):
    """A label of Fluentd's: filters and outputs that a record meets only when it was sent there."""

    JOIN_PARTS = "@JOIN_PARTS"
    JOIN_TRACEBACKS = "@JOIN_TRACEBACKS"
    REDACT = "@REDACT"
    LIFT = "@LIFT"
    KUBERNETES = "@KUBERNETES"
    COUNT = "@COUNT"
    ROUTE = "@ROUTE"
    STORE = "@STORE"
    SEARCH = "@SEARCH"
    ARCHIVE = "@ARCHIVE"
    FORWARD = "@FORWARD"
    ERROR = "@ERROR"


def stage(label: Stage, *steps: Section) -> Section:
    """Return the label with its filters and outputs."""
    return Section("label", label.value, {}, steps)


def send_to(label: Stage, tag: str = "**") -> Section:
    """Return the end of a label: records with ``tag`` go to another one."""
    return Section("match", tag, {"@type": "relabel", "@label": label.value})


def ruby_fields(**fields: str) -> Section:
    """Return what sets fields of a record to the values of Ruby expressions, which see it as ``record``."""
    return Section("record", "", {name: f"${{{expression}}}" for name, expression in fields.items()})
