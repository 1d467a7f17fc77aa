"""From spans and figures to the document; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from payment_alerts.postmortem import (
    CAUSE_FOUND,
    DETECTED,
    INVESTIGATED,
    MITIGATED,
    RESTORED,
    UNKNOWN_TIME,
    PostMortem,
    Step,
    Table,
)
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.links import dashboard_at, log_view_at, runbook_url
from payment_catalog.promql import number
from payment_catalog.thresholds import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from payment_bundle.postmortem.timeline import Span
    from payment_catalog.catalog import Catalog
    from payment_catalog.signal import Signal

_CENT = Decimal("0.01")
#: Labels that every alert has, or that stand in columns of their own.
_USUAL = frozenset({"alertname", "severity", "priority", "team", "incident", "environment", "namespace"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What Prometheus says about the range; ``None`` and what is missing from a mapping is not known.

    ``revenue`` and ``usual_revenue`` are amounts by currency, ``worst`` values by the key of a signal,
    ``budget_spent`` shares by the title of an objective.
    """

    failed_payments: float | None
    failed_requests: float | None
    revenue: Mapping[str, Decimal]
    usual_revenue: Mapping[str, Decimal]
    worst: Mapping[str, float]
    budget_spent: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Account:
    """What is to be told: what fired in an environment between two times, and the figures."""

    environment: str
    start: datetime
    end: datetime
    spans: Sequence[Span]
    figures: Figures
    title: str = ""

    @property
    def detected(self) -> datetime:
        """When the first alert fired."""
        return min(span.firing for span in self.spans)

    @property
    def restored(self) -> datetime | None:
        """When the last alert ended; ``None`` where one still fires."""
        ends = [span.ended for span in self.spans]
        return None if None in ends else max(end for end in ends if end is not None)


def post_mortem(catalog: Catalog, account: Account) -> PostMortem:
    """Return the document of ``account``, which has at least one span."""
    restored = account.restored
    return PostMortem(
        title=account.title or _title(catalog, account),
        summary=f"{len(account.spans)} alert(s) fired in {account.environment}, first {account.spans[0].alert}. "
        "[Brief description of the incident]",
        timeline=(
            Step(f"{DETECTED}: {account.spans[0].alert} fires", _time(account.detected)),
            Step(INVESTIGATED),
            Step(CAUSE_FOUND),
            Step(MITIGATED),
            Step(
                f"{RESTORED}: the last alert ends" if restored else f"{RESTORED} (an alert still fires)",
                _time(restored) if restored else UNKNOWN_TIME,
            ),
        ),
        users_affected=_users_affected(account.figures),
        duration=_lasted(account.detected, restored, account.end),
        revenue_impact=_revenue_impact(account.figures),
        tables=tuple(table for table in (_alerts(account), _worst(catalog, account), _budgets(account)) if table.rows),
        links=(
            ("Dashboard at that time", dashboard_at(catalog.settings, Dashboard.OVERVIEW, account.start, account.end)),
            *_logs(catalog, account),
            *(
                (f"Runbook of {alert}", runbook_url(catalog.settings, alert))
                for alert in dict.fromkeys(span.alert for span in account.spans)
                if alert.isidentifier()
            ),
        ),
    )


def _logs(catalog: Catalog, account: Account) -> tuple[tuple[str, str], ...]:
    """Return where the lines of the incidents are in Kibana, if the runbook looks for them in the logs."""
    keys = {span.label("incident") for span in account.spans}
    found = (incident for key, incident in catalog.incidents.items() if key in keys)
    views = dict.fromkeys(incident.logs for incident in found if incident.logs is not None)
    return tuple(
        (f"Logs at that time: {view}", log_view_at(catalog.settings, view, account.start, account.end))
        for view in views
    )


def _title(catalog: Catalog, account: Account) -> str:
    titles = {str(key): incident.title for key, incident in catalog.incidents.items()}
    keys = dict.fromkeys(span.label("incident") for span in account.spans)
    return f"{', '.join(titles.get(key, key) for key in keys if key) or account.spans[0].alert}, {account.environment}"


def _users_affected(figures: Figures) -> str:
    known = [
        f"{count:,.0f} {what}"
        for count, what in (
            (figures.failed_payments, "payments failed"),
            (figures.failed_requests, "requests got a server error"),
        )
        if count is not None
    ]
    return f"[Number] ({', '.join(known)})" if known else "[Number]"


def _revenue_impact(figures: Figures) -> str:
    known = [_compared(currency, amount, figures) for currency, amount in sorted(figures.revenue.items())]
    return f"[Amount] ({'; '.join(known)})" if known else "[Amount]"


def _compared(currency: str, amount: Decimal, figures: Figures) -> str:
    usual = figures.usual_revenue.get(currency)
    earned = f"{currency} {_money(amount)} came in"
    return f"{earned}, {_money(usual)} at the same time a week before" if usual is not None else earned


def _money(amount: Decimal) -> str:
    return f"{amount.quantize(_CENT):,}"


def _lasted(detected: datetime, restored: datetime | None, end: datetime) -> str:
    if restored is None:
        return f"more than {format_duration(_whole(end - detected))}"
    return format_duration(_whole(restored - detected))


def _whole(duration: timedelta) -> timedelta:
    return duration - duration % timedelta(seconds=1)


def _alerts(account: Account) -> Table:
    rows = tuple(
        (
            _time(span.pending) if span.pending else "",
            _time(span.firing),
            _time(span.ended) if span.ended else "still fires",
            span.alert,
            span.label("priority"),
            span.label("team"),
            ", ".join(f"{name}={value}" for name, value in sorted(span.labels.items()) if name not in _USUAL),
        )
        for span in account.spans
    )
    return Table("Alerts", ("noticed", "fires", "ends", "alert", "priority", "team", "of"), rows)


def _worst(catalog: Catalog, account: Account) -> Table:
    rows = tuple(
        (signal.title, _value(account.figures.worst[signal.key], signal.unit), _limit(signal))
        for signal in catalog.signals
        if signal.key in account.figures.worst
    )
    return Table("Key metrics at their worst", ("metric", "worst", "limit"), rows)


def _limit(signal: Signal) -> str:
    threshold = signal.threshold
    levels = [threshold.warning, threshold.critical] if threshold else []
    return ", ".join(_value(level, signal.unit) for level in levels if level is not None)


def _budgets(account: Account) -> Table:
    rows = tuple((title, f"{share:.1%}") for title, share in account.figures.budget_spent.items())
    return Table("Error budgets", ("objective", "share of its budget that was spent"), rows)


def _value(value: float, unit: Unit) -> str:
    if unit is Unit.RATIO:
        return f"{value:.2%}"
    return f"{value:.3g}s" if unit is Unit.SECONDS else number(value)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
