"""Which dashboards there are: their uids stand in addresses that alerts and people use."""

from __future__ import annotations

from enum import StrEnum


class Dashboard(StrEnum):
    """A dashboard by its uid for the runbook's service, ``/d/<uid>`` in Grafana; see ``grafana_names`` for others."""

    OVERVIEW = "payment-service"
    BUSINESS = "payment-business"
    APPLICATION = "payment-application"
    DATABASE = "payment-database"
    INFRASTRUCTURE = "payment-infrastructure"
    SECURITY = "payment-security"
    SLO = "payment-slo"
    LOGS = "payment-logs"
    BACKUP = "payment-backup"
    ON_CALL = "payment-oncall"

    @property
    def heading(self) -> str:
        """What people call it."""
        return _HEADINGS[self]


_HEADINGS = {
    Dashboard.OVERVIEW: "Payment service",
    Dashboard.BUSINESS: "Payment business",
    Dashboard.APPLICATION: "Payment application",
    Dashboard.DATABASE: "Payment database and Redis",
    Dashboard.INFRASTRUCTURE: "Payment infrastructure",
    Dashboard.SECURITY: "Payment security",
    Dashboard.SLO: "Payment SLOs and error budgets",
    Dashboard.LOGS: "Payment logging pipeline",
    Dashboard.BACKUP: "Payment backup and recovery",
    Dashboard.ON_CALL: "Payment on-call",
}
