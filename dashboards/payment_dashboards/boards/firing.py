"""What fires now, for every dashboard that tells who is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.links import runbooks_url
from payment_catalog.promql import quote
from payment_catalog.severities import INFORMING
from payment_catalog.signal import Query
from payment_catalog.thresholds import Unit
from payment_dashboards.colours import PRIORITIES
from payment_dashboards.limits import Limits
from payment_dashboards.panels.panel import Link
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: Of the alerts that somebody is told of: not of those that only inform, as Watchdog does all the time.
TOLD = f"severity!~{quote('|'.join(INFORMING))}"
FIRING = f'{ALERTS}{{alertstate="firing", {TOLD}}}'
PAGING = f'{ALERTS}{{alertstate="firing", priority=~"P0|P1"}}'


def pages_firing() -> Stat:
    """Return the number of alerts that wake somebody."""
    return Stat(
        title="Pages",
        description="Alerts of priority P0 and P1 that fire now, for which somebody is called.",
        queries=(Query(f"count({PAGING}) or vector(0)"),),
        limits=Limits(critical=1),
    )


def who_is_called(settings: Settings, width: int = 14) -> Table:
    """Return the alerts that fire, with the team that each calls."""
    labels = "environment, namespace, alertname, priority, team, incident"
    # ALERTS_FOR_STATE tells when the alert became pending, in seconds.
    since = f"min by ({labels}) ({ALERTS_FOR_STATE} and ignoring (alertstate) {FIRING}) * 1000"
    return Table(
        title="Alerts that fire",
        description="What fires now, since when, and which team of the escalation matrix is responsible; without what "
        "only informs.",
        queries=(Query(since),),
        unit=Unit.MILLISECONDS_SINCE_EPOCH,
        columns=(
            Column(source="priority", title="Priority", width=80, words=PRIORITIES),
            alert_column(settings),
            Column(source="team", title="Team", width=150),
            Column(source="environment", title="Environment", width=120),
            Column(source="Value", title="Began", unit=Unit.MILLISECONDS_SINCE_EPOCH, width=130),
        ),
        sort="Priority",
        no_value="no alert fires",
        width=width,
    )


def alert_column(settings: Settings) -> Column:
    """Return the column of an alert's name, which leads to its page."""
    page = f"{runbooks_url(settings)}/${{__data.fields.Alert}}.md"
    return Column(source="alertname", title="Alert", links=(Link("Runbook page", page),))
