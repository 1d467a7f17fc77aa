"""Panels on what alerts cost those who are on call: how often they begin, how long they last, how late they are.

An alert begins where it fires, and did not a minute before: what fires again within the minute counts as one, and what
fired already when the time range began is not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.signal import Query
from payment_catalog.thresholds import Unit
from payment_dashboards.boards.firing import FIRING, PAGING, TOLD, alert_column
from payment_dashboards.colours import PRIORITIES
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit

_PENDING = f'{ALERTS}{{alertstate="pending", {TOLD}}}'
_BY = "alertname, priority, team"
#: The time range by minutes.
_RANGE = "$__range:1m"
_NOTHING = "none"


def _begun(alerts: str) -> str:
    return f"({alerts} unless {alerts} offset 1m)"


def pages_in_range() -> Stat:
    """Return how often somebody was woken."""
    return Stat(
        title="Pages in this time",
        description="How often an alert of priority P0 or P1 began to fire in the time range.",
        queries=(Query(f"sum(count_over_time({_begun(PAGING)}[{_RANGE}])) or vector(0)"),),
    )


def noisiest(kit: Kit) -> Table:
    """Return the alerts of the time range, the most frequent first."""
    fired = f"sum by ({_BY}) (count_over_time({_begun(FIRING)}[{_RANGE}]))"
    pending = f"sum by ({_BY}) (count_over_time({_begun(_PENDING)}[{_RANGE}]))"
    minutes = f"sum by ({_BY}) (count_over_time({FIRING}[{_RANGE}]))"
    late = f"(time() - {ALERTS_FOR_STATE}) and ignoring (alertstate) {_begun(FIRING)}"
    return Table(
        title="Alerts in this time",
        description="How often each alert began to fire in the time range, how long it fired in all, how long its "
        "condition had held when it did (time to detect, on average), and how often the condition began to hold, "
        "whether or not it fired. Often and short is noise; often pending and never firing, a limit that is too near.",
        queries=(
            Query(f"{fired} or {pending} * 0"),
            Query(f"{minutes} * 60 or {pending} * 0"),
            Query(f"avg by ({_BY}) (avg_over_time(({late})[{_RANGE}]))"),
            Query(pending),
        ),
        columns=(
            Column(source="priority", title="Priority", width=65, words=PRIORITIES),
            alert_column(kit.settings),
            Column(source="team", title="Team", width=135),
            Column(source="Value #A", title="Fired", unit=Unit.COUNT, width=60),
            Column(source="Value #B", title="For", unit=Unit.SECONDS, width=70),
            Column(source="Value #C", title="After", unit=Unit.SECONDS, width=70),
            Column(source="Value #D", title="Pending", unit=Unit.COUNT, width=70),
        ),
        sort="Fired",
        descending=True,
        decimals=0,
        no_value=_NOTHING,
        width=14,
    )


def begun_by_hour() -> OverTime:
    """Return how many alerts began, to see floods."""
    return OverTime(
        title="Alerts that began in an hour",
        description="How often an alert began to fire in the hour before, by priority: a flood of them is one problem "
        "with many alerts, or a limit at which values swing to and fro.",
        queries=(Query(f"sum by (priority) (count_over_time({_begun(FIRING)}[1h:1m]))", "{{priority}}"),),
        colours=PRIORITIES,
        stacked=True,
        no_value="no alert fired",
        width=10,
    )
