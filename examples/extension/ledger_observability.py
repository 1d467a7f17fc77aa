"""The ledger's part of the bundle: its metric, an incident, the alert and the panel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ledger_metrics import POSTINGS_PENDING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import service_target, steady
from payment_bundle.extension import Extension
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.incident import Cause, Command, Incident, OwnIncidentKey
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, service_job
from payment_dashboards.added_panels import RowsOn
from payment_dashboards.board import Row
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings
    from payment_dashboards.kit import Kit

LEDGER_BEHIND = OwnIncidentKey("ledger-behind")
LIMIT = 100
LASTS = timedelta(minutes=10)
_MINUTE = timedelta(minutes=1)


def ledger_behind(settings: Settings) -> Incident:
    """The ledger does not keep up with the payments."""
    logs = f"kubectl logs -n {settings.namespace} -l app={settings.service} --tail=200"
    return Incident(
        LEDGER_BEHIND,
        "Ledger Behind",
        Team.DATA_ISSUE,
        symptoms=("Balances of merchants are too low",),
        diagnosis=(Command("Read what the ledger answers", f"{logs} | grep ledger"),),
        causes=(
            Cause("The ledger refuses postings", ("Ask the team of the ledger; postings are repeated by themselves",)),
        ),
    )


def ledger_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group of the ledger's alerts."""
    return AlertGroup("ledger", "ledger.yaml", (postings_pile_up(catalog.settings),), dashboard=Dashboard.BUSINESS)


def postings_pile_up(settings: Settings) -> Alert:
    """More postings are pending than a batch holds."""
    target = service_target(settings)

    def pending(first: float, second: float = 0) -> tuple[InputSeries, ...]:
        """Return so many pending, as the first instance and as the second knows."""
        counts = ((target, first), (target.second, second))
        return tuple(one.series(POSTINGS_PENDING.name, steady(count, 30)) for one, count in counts)

    firing = (target.job_labels,)
    return Alert(
        name="LedgerPostingsPileUp",
        expr=f"max by ({JOB}) ({POSTINGS_PENDING}{{{service_job(settings)}}}) > {LIMIT}",
        pending=LASTS,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=LEDGER_BEHIND,
        summary="Postings of {{ $labels.job }} pile up",
        description="{{ $value }} payments in {{ $labels.environment }} are not posted to the ledger.",
        meaning="The ledger is slower than payments come in, or refuses them.",
        impact="Merchants see balances without their last payments.",
        scenarios=(
            Scenario("twice the limit, for just as long as it takes", pending(2 * LIMIT), LASTS, firing),
            Scenario("just above the limit", pending(LIMIT + 1), 2 * LASTS, firing),
            Scenario("the second instance knows of more", pending(0, 2 * LIMIT), 2 * LASTS, firing),
            Scenario("exactly at the limit", pending(LIMIT), 2 * LASTS),
            Scenario("just below the limit, in both instances", pending(LIMIT - 1, LIMIT - 1), 2 * LASTS),
            Scenario("not for long enough", pending(2 * LIMIT), LASTS - _MINUTE),
            Scenario("no data", (), 2 * LASTS),
        ),
    )


def ledger_row(kit: Kit) -> RowsOn:
    """Return the row of the ledger, below those of the business dashboard."""
    panel = OverTime(
        title="Postings pending",
        description=f"{POSTINGS_PENDING.description} Above the line they pile up.",
        queries=(kit.measured("LedgerPostingsPileUp", "{{environment}}"),),
        limits=kit.limits("LedgerPostingsPileUp"),
        links=kit.runbooks("LedgerPostingsPileUp"),
        width=24,
    )
    return RowsOn(Dashboard.BUSINESS, (Row("Does the ledger keep up?", (panel,)),))


extension = Extension(
    metrics=(POSTINGS_PENDING,), incidents=(ledger_behind,), alerts=(ledger_alerts,), panels=(ledger_row,)
)
