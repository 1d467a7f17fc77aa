"""Which dashboards there are: their uids stand in addresses that alerts and people use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

#: Grafana's uids, as far as they can stand in the name of a Kubernetes object too.
_UID = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


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


@dataclass(frozen=True, slots=True)
class OwnDashboard:
    """A dashboard that an extension adds; raises ValueError for a uid that Grafana or Kubernetes would refuse."""

    uid: str
    heading: str

    def __post_init__(self) -> None:
        if not _UID.fullmatch(self.uid):
            raise ValueError(f"{self.uid!r} is no uid: at most 40 lower-case letters, digits and hyphens between them")

    def __str__(self) -> str:
        """Return the uid, as a dashboard of the bundle's does."""
        return self.uid


AnyDashboard: TypeAlias = Dashboard | OwnDashboard
