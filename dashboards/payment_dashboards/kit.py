"""What dashboards are made of: signals of the catalogue, and limits and pages of alerts, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.links import log_view_link, logs_link, runbook_url
from payment_catalog.promql import parse
from payment_catalog.promql_text import write
from payment_catalog.signal import Query
from payment_catalog.thresholds import Unit
from payment_dashboards.limits import Limits, of_alerts, of_threshold
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.panel import Link
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.states import States
from payment_dashboards.states import BREAKER_STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings
    from payment_catalog.signal import Signal
    from payment_catalog.thresholds import ThresholdKey
    from payment_catalog.vocabulary import LogPattern
    from payment_catalog.watching import Watching


@dataclass(frozen=True, slots=True)
class Kit:
    """The catalogue, and what the alerts watch."""

    catalog: Catalog
    watching: Watching

    @property
    def settings(self) -> Settings:
        """The user's settings."""
        return self.catalog.settings

    def measured(self, alert: str, legend: str) -> Query:
        """Return what ``alert`` compares with its limit; raises KeyError where there is no such alert."""
        return Query(self.watching.alerts[alert].limit.expr, legend)

    def window(self, alert: str) -> str:
        """Return over which time ``alert`` looks back, such as ``15m``."""
        return format_duration(self.watching.alerts[alert].window)

    def compared(self, alert: str, legend: str, bound: str) -> tuple[Query, Query]:
        """Return what ``alert`` compares, and the series that it compares it with, which is named ``bound``.

        Raises KeyError where there is no such alert, ValueError where it compares with a number.
        """
        value, limit = self.watching.alerts[alert].sides
        return Query(value, legend), Query(limit, bound)

    def worst(self, alert: str) -> Query:
        """Return the largest of what ``alert`` compares with its limit, as one number; raises KeyError likewise."""
        return Query(f"max({self.watching.alerts[alert].limit.expr})")

    def counted(self, alert: str) -> str:
        """Return how often happened what ``alert`` watches the rate of, in the time over which it takes the rate."""
        return re.sub(r"\brate\(", "increase(", self.measured(alert, "").expr)

    def limits(self, *alerts: str) -> Limits:
        """Return the limits of ``alerts``."""
        return of_alerts(self.watching.alerts[name] for name in alerts)

    def threshold(self, key: ThresholdKey) -> Limits:
        """Return the limits of a threshold of the settings, whichever of its levels are on."""
        return of_threshold(self.settings.threshold(key))

    def levels(self, *alerts: str) -> tuple[str, ...]:
        """Return those of the alerts of one threshold whose level is on; raises KeyError where there is none."""
        on = tuple(name for name in alerts if name in self.watching.alerts)
        if not on:
            raise KeyError(", ".join(alerts))
        return on

    def runbooks(self, *alerts: str) -> tuple[Link, ...]:
        """Return links to the pages of ``alerts``; raises KeyError where there is no such alert."""
        return tuple(
            Link(f"Runbook: {name}", runbook_url(self.settings, self.watching.alerts[name].name)) for name in alerts
        )

    def pages(self, query: Query) -> tuple[Link, ...]:
        """Return links to the pages of the alerts that compare ``query``: with a threshold, those that are on."""
        return self.runbooks(*self.comparing(query.expr))

    def logs(self, title: str, query: str) -> Link:
        """Return a link to the logs that match ``query``, in Kibana's language."""
        return Link(title, logs_link(self.settings, query))

    def lines(self, pattern: LogPattern) -> Link:
        """Return a link to the lines that the runbook greps for, by the search that is saved in Kibana."""
        return Link(f"Lines: {pattern}", log_view_link(self.settings, pattern))

    def signal(
        self,
        key: str,
        *,
        width: int = 8,
        colours: Mapping[str, str] | None = None,
        value_links: tuple[Link, ...] = (),
    ) -> OverTime:
        """Return the panel of a signal over time, with its limit and the pages of the alerts that compare it."""
        signal = self.catalog.signal(key)
        return OverTime(
            title=signal.title,
            description=_description(signal),
            queries=signal.queries,
            unit=signal.unit,
            limits=of_threshold(signal.threshold),
            links=self.pages(signal.queries[0]),
            value_links=value_links,
            colours=colours or {},
            width=width,
        )

    def states(self, key: str, *, width: int = 8) -> States:
        """Return the panel of a signal that is a state of the breaker, over time."""
        signal = self.catalog.signal(key)
        return States(
            title=signal.title,
            description=_description(signal),
            queries=signal.queries,
            limits=of_threshold(signal.threshold),
            links=self.pages(signal.queries[0]),
            states=BREAKER_STATES,
            width=width,
        )

    def now(self, key: str, *, title: str = "", width: int = 4) -> Stat:
        """Return the panel of a signal's present value: what its threshold bounds."""
        signal = self.catalog.signal(key)
        states = BREAKER_STATES if signal.unit is Unit.STATE else {}
        return Stat(
            title=title or signal.title,
            description=_description(signal),
            queries=signal.queries[:1],
            unit=signal.unit,
            limits=of_threshold(signal.threshold),
            links=self.pages(signal.queries[0]),
            states=states,
            sparkline=not states,
            width=width,
        )

    def comparing(self, expression: str) -> tuple[str, ...]:
        """Return the alerts that compare ``expression`` with a number."""
        compared = write(parse(expression))
        return tuple(
            alert.name
            for alert in self.watching.alerts.values()
            if any(limit.expr == compared for limit in alert.limits)
        )


def _description(signal: Signal) -> str:
    return f"{signal.description} {signal.threshold.source}." if signal.threshold else signal.description
