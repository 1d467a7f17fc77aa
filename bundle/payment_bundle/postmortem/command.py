"""Asks Prometheus about an incident and writes the document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from payment_alerts.postmortem import render
from payment_alerts.routes import WATCHDOG
from payment_bundle.postmortem import figures
from payment_bundle.postmortem.account import Account, Figures, post_mortem
from payment_bundle.postmortem.figures import Scope
from payment_bundle.postmortem.timeline import Span, spans
from payment_bundle.utc import parse_utc
from payment_bundle.whole_file import write_whole
from payment_catalog.errors import ForeseenError
from payment_catalog.external_metrics import ALERTS
from payment_catalog.promql import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from pathlib import Path

    from payment_bundle.prometheus_api import PrometheusApi, Sample
    from payment_catalog.catalog import Catalog

#: Prometheus answers a question about at most 11,000 points of a series.
_MOST_POINTS = 10_000


class PostMortemError(ForeseenError):
    """A question that cannot be asked, or a file that must not be written."""


@dataclass(frozen=True, slots=True)
class PostMortemOptions:
    """What the command was asked for; empty texts mean: not given."""

    start: datetime
    end: datetime
    environment: str = ""
    incident: str = ""
    title: str = ""


def parse_time(option: str, text: str) -> datetime:
    """Return the time that ``text`` means, UTC where it names no zone; raises PostMortemError."""
    try:
        return parse_utc(text)
    except ValueError:
        raise PostMortemError(f"{option}: expected a time such as 2026-11-25T10:00Z, found {text!r}") from None


def write_post_mortem(catalog: Catalog, api: PrometheusApi, options: PostMortemOptions) -> str | None:
    """Return the document, ``None`` where no alert fired; raises ForeseenError."""
    if options.start >= options.end:
        raise PostMortemError(f"--from ({options.start.isoformat()}) must be before --to ({options.end.isoformat()})")
    _require_known(catalog, options)
    step = _step(catalog, options)
    selector = f"{ALERTS}{{incident={quote(options.incident)}}}" if options.incident else str(ALERTS)
    found = spans(api.query_range(selector, options.start, options.end, step), step, options.end)
    # That alerts get through is no incident.
    incident = tuple(span for span in found if span.label("priority") and span.alert != WATCHDOG)
    environment = options.environment or _environment(incident)
    incident = tuple(span for span in incident if span.label("environment") in {"", environment})
    if not incident:
        return None
    first = min(span.firing for span in incident)
    last = max(span.ended or options.end for span in incident)
    account = Account(
        environment=environment,
        start=options.start,
        end=options.end,
        spans=incident,
        figures=_figures(catalog, api, Scope(catalog.settings, environment, last - first), last, step),
        title=options.title,
    )
    return render(post_mortem(catalog, account))


def save(document: str, out: Path, *, force: bool) -> None:
    """Write ``document`` to ``out``, whole or not at all; raises PostMortemError, also where it is there already."""
    if out.exists() and not force:
        raise PostMortemError(f"{out} is there already, and people may have written into it; --force replaces it")
    try:
        write_whole(out, document)
    except OSError as error:
        raise PostMortemError(f"{out} cannot be written: {error.strerror}") from None


def _require_known(catalog: Catalog, options: PostMortemOptions) -> None:
    known = (
        ("--environment", options.environment, catalog.settings.environments),
        ("--incident", options.incident, catalog.incidents),
    )
    for option, chosen, allowed in known:
        if chosen and chosen not in allowed:
            raise PostMortemError(f"{option}: there is no {chosen!r}; there are {', '.join(allowed)}")


def _step(catalog: Catalog, options: PostMortemOptions) -> timedelta:
    coarse = (options.end - options.start) / _MOST_POINTS
    return max(catalog.settings.scraping.evaluation_interval, timedelta(seconds=-(-coarse // timedelta(seconds=1))))


def _environment(found: Sequence[Span]) -> str:
    environments = sorted({span.label("environment") for span in found} - {""})
    if len(environments) > 1:
        raise PostMortemError(f"alerts fired in {', '.join(environments)}; choose one with --environment")
    return environments[0] if environments else ""


def _figures(catalog: Catalog, api: PrometheusApi, scope: Scope, end: datetime, step: timedelta) -> Figures:
    def ask(expression: str) -> tuple[Sample, ...]:
        return tuple(
            sample
            for sample in api.query(expression, end)
            if sample.labels.get("environment", scope.environment) == scope.environment
        )

    def one(expression: str) -> float | None:
        return next((sample.value for sample in ask(expression)), None)

    worst = {}
    for signal in catalog.signals:
        if signal.threshold is not None:
            values = [sample.value for sample in ask(figures.worst(scope, signal, step))]
            if values:
                worst[signal.key] = (max if signal.threshold.comparator == ">" else min)(values)
    return Figures(
        failed_payments=one(figures.failed_payments(scope)),
        failed_requests=one(figures.failed_requests(scope)),
        revenue=_by_currency(ask(figures.revenue(scope))),
        usual_revenue=_by_currency(ask(figures.revenue(scope, "1w"))),
        worst=worst,
        budget_spent={
            objective.title: max(sample.value for sample in samples)
            for objective in catalog.objectives
            if (samples := ask(figures.budget_spent(scope, objective)))
        },
    )


def _by_currency(samples: Iterable[Sample]) -> dict[str, Decimal]:
    return {sample.labels["currency"]: sample.exact for sample in samples if sample.exact.is_finite()}
