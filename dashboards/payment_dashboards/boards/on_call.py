"""The dashboard ``payment-oncall``: who is called, which incidents go on, what is noise, and is the monitoring well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.external_metrics import ALERTS, UP
from payment_catalog.incident_series import SINCE
from payment_catalog.monitoring import MONITORING_JOBS
from payment_catalog.promql import quote
from payment_catalog.signal import Query
from payment_catalog.thresholds import Side, Unit
from payment_dashboards.board import Board, Row
from payment_dashboards.boards.alert_noise import begun_by_hour, noisiest, pages_in_range
from payment_dashboards.boards.firing import FIRING, TOLD, pages_firing, who_is_called
from payment_dashboards.boards.incidents_that_go_on import ages, escalations, escalations_of, incidents_that_go_on
from payment_dashboards.boards.monitoring_health import delivery, exporter, prometheus
from payment_dashboards.colours import CRITICAL, GOOD, PRIORITIES
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat, State

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit


def on_call(kit: Kit) -> Board:
    """Return the dashboard; without the rows on incidents where no environment wakes anybody."""
    called = escalations_of(kit)
    now = (pages_firing(), *((incidents_now(),) if called else ()), pages_in_range(), watchdog(kit))
    return Board(
        Dashboard.ON_CALL,
        "Who is called now, which incidents go on and who hears of them next, which alerts are noise, and whether the "
        "monitoring itself is well. Prometheus and Alertmanager are shown for every choice of environment.",
        (
            Row("What is the matter now?", (*now, monitoring_up(kit), metrics_missing(kit))),
            Row("Who is called?", (who_is_called(kit.settings), by_priority())),
            *(
                (Row("Which incidents go on?", (incidents_that_go_on(kit), ages(kit), escalations(kit))),)
                if called
                else ()
            ),
            Row("Which alerts are noise?", (noisiest(kit), begun_by_hour())),
            Row("Are people told?", delivery(kit)),
            Row("Are rules evaluated and samples kept?", prometheus(kit)),
            Row("Does the exporter read everything?", exporter(kit)),
        ),
        since="now-24h",
        monitoring=True,
    )


def incidents_now() -> Stat:
    """Return the number of incidents that go on."""
    return Stat(
        title="Incidents",
        description="Incidents of which an alert fires, in the environments that call somebody; several alerts of one "
        "incident are one.",
        queries=(Query(f"count({SINCE}) or vector(0)"),),
        limits=Limits(warning=1),
    )


def watchdog(kit: Kit) -> Stat:
    """Return whether the alert that always fires does."""
    (link,) = kit.runbooks("Watchdog")
    always = f'{ALERTS}{{alertname={quote(kit.watching.alerts["Watchdog"].name)}, alertstate="firing"}}'
    return Stat(
        title="Watchdog",
        description="The alert that always fires: as long as it does, Prometheus evaluates rules.",
        queries=(Query(f"max({always}) or vector(0)"),),
        unit=Unit.STATE,
        states={1: State(word="fires", colour=GOOD), 0: State(word="silent", colour=CRITICAL)},
        links=(link,),
    )


def monitoring_up(kit: Kit) -> Stat:
    """Return whether Prometheus and Alertmanager answer."""
    jobs = quote("|".join(MONITORING_JOBS))
    return Stat(
        title="Monitoring up",
        description="Share of the Prometheus and Alertmanager servers whose last scrape succeeded.",
        queries=(Query(f"avg({UP}{{job=~{jobs}}}) or vector(0)"),),
        unit=Unit.RATIO,
        limits=Limits(Side.BELOW, warning=1, critical=0.5),
        links=kit.runbooks("PrometheusDown", "AlertmanagerDown", "MonitoringInstanceDown"),
    )


def metrics_missing(kit: Kit) -> Stat:
    """Return how many metrics that alerts read are not published."""
    missing = f"{ALERTS}{{alertname={quote(kit.watching.alerts['MetricsMissing'].name)}}}"
    return Stat(
        title="Metrics missing",
        description="Metrics that alerts read and nobody publishes, though what should publish them is scraped: what "
        "their alerts watch for stays unseen.",
        queries=(Query(f"count({missing}) or vector(0)"),),
        limits=Limits(warning=1),
        links=kit.runbooks("MetricsMissing"),
    )


def by_priority() -> OverTime:
    """Return how many alerts fire and how many may soon."""
    pending = f'{ALERTS}{{alertstate="pending", {TOLD}}}'
    return OverTime(
        title="Alerts by priority",
        description="Alerts that fire, and those whose condition holds but not for long enough yet (pending).",
        queries=(
            Query(f"count by (priority) ({FIRING})", "{{priority}} fires"),
            Query(f"count by (priority) ({pending})", "{{priority}} pending"),
        ),
        colours={f"{priority} fires": colour for priority, colour in PRIORITIES.items()},
        no_value="no alert fires",
        width=10,
    )
