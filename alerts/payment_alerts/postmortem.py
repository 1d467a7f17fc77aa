"""The runbook's post-mortem as a document: what is known is filled in, what people must add stands in brackets."""

from __future__ import annotations

from dataclasses import dataclass

from payment_alerts.markdown import template

#: The steps of the runbook's timeline, in order.
DETECTED, INVESTIGATED, CAUSE_FOUND, MITIGATED, RESTORED = (
    "Incident detected",
    "Investigation started",
    "Root cause identified",
    "Mitigation implemented",
    "Service restored",
)
UNKNOWN_TIME = "[Time]"

FOLLOW_UP = (
    "Complete post-mortem within 24 hours",
    "Update runbooks and documentation",
    "Implement preventive measures",
    "Schedule training if needed",
    "Review monitoring and alerting",
)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the timeline; ``time`` as it is printed."""

    event: str
    time: str = UNKNOWN_TIME


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading of its own; cells are plain text, of any content."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class PostMortem:
    """The runbook's template. Texts are plain, of any content; ``links`` are titles and addresses of our own."""

    title: str
    summary: str = "[Brief description of the incident]"
    timeline: tuple[Step, ...] = tuple(
        Step(event) for event in (DETECTED, INVESTIGATED, CAUSE_FOUND, MITIGATED, RESTORED)
    )
    users_affected: str = "[Number]"
    duration: str = "[Time]"
    revenue_impact: str = "[Amount]"
    tables: tuple[Table, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def render(post_mortem: PostMortem) -> str:
    """Return the document as Markdown."""
    return template("postmortem.md.j2").render(post_mortem=post_mortem, follow_up=FOLLOW_UP)
