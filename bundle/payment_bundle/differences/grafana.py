"""Where Grafana's dashboards differ from the generated ones, in the form of the other comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.differences.comparison import Comparison, Difference, Nature
from payment_bundle.grafana.command import differing, surplus
from payment_bundle.grafana.plan import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_bundle.grafana.api import GrafanaApi
    from payment_bundle.grafana.plan import Dashboard, Home, Step


def compare(wanted: Mapping[str, Dashboard], api: GrafanaApi, home: Home) -> Comparison:
    """Compare every dashboard; why a push would leave one as it is, is a note. Raises GrafanaError."""
    steps = tuple(differing(wanted, api, home))
    found = [difference for step in steps for difference in _step(step)]
    found += [Difference(_subject(hit.uid), "is not generated", Nature.SURPLUS) for hit in surplus(wanted, api, home)]
    notes = tuple(f"{_subject(step.uid)}: {step.reason}" for step in steps if step.reason)
    return Comparison("grafana", api.url, f"{len(wanted)} dashboards", tuple(found), notes)


def _step(step: Step) -> Iterator[Difference]:
    if step.verdict is Verdict.CREATE:
        yield Difference(_subject(step.uid), "is missing", Nature.MISSING)
    else:
        yield from (Difference(_subject(step.uid), line) for line in step.differences)


def _subject(uid: str) -> str:
    return f"dashboard {uid}"
