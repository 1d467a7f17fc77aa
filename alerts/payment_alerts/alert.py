"""An alert: its rule, what it means to people, and the scenarios that prove it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog.links import dashboard_url, log_view_url, runbook_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.catalog import Catalog
    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.escalation import Team
    from payment_catalog.incident import AnyIncidentKey
    from payment_catalog.log_streams import LogView
    from payment_catalog.severities import Priority, Severity
    from payment_catalog.signal import RecordingRule


#: The most rules of a group that Mimir takes where nothing else is set for a tenant. Source: "Mimir configuration
#: parameters", ``ruler_max_rules_per_rule_group``.
MOST_RULES = 20


@dataclass(frozen=True, slots=True)
class InputSeries:
    """A series that a test feeds in; ``values`` is promtool's notation, one value a minute."""

    series: str
    values: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, and which alerts of the rule fire ``at`` that time.

    ``firing`` has the labels that the series brings, one mapping for each firing alert; empty: silence. ``every`` is
    how far apart the rules are evaluated, from the start to ``at``, a multiple of it: hours or days of which only the
    outline matters need not be gone through by the minute.
    """

    title: str
    series: tuple[InputSeries, ...]
    at: timedelta
    firing: tuple[Mapping[str, str], ...] = ()
    every: timedelta = timedelta(minutes=1)


def outlined(every: timedelta, *scenarios: Scenario) -> tuple[Scenario, ...]:
    """Return long ``scenarios`` of which only the outline matters: the rules are evaluated so far apart."""
    return tuple(replace(scenario, every=every) for scenario in scenarios)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alerting rule with everything that follows from it.

    ``summary`` and ``description`` are Go templates of Prometheus. ``meaning`` and ``impact`` open the
    runbook page. ``silent_elsewhere`` tells whether the same series of another job leave it silent.
    ``keep_firing`` is for how long it goes on firing after the expression has no result any more: for a value that
    swings about its limit, so that one incident makes one message. ``from_series`` names those of the rule's own
    labels that each result brings itself; ``extra_labels`` are further labels of the rule. ``always`` is for the one
    that is never silent: it shows that alerts arrive. ``logs`` is where its lines are in Kibana, where that is not what
    the incident has for all of its alerts.
    """

    name: str
    expr: str
    pending: timedelta
    severity: Severity
    priority: Priority
    team: Team
    incident: AnyIncidentKey
    summary: str
    description: str
    meaning: str
    impact: str
    scenarios: tuple[Scenario, ...]
    silent_elsewhere: bool = True
    keep_firing: timedelta = timedelta(0)
    from_series: frozenset[str] = frozenset()
    always: bool = False
    extra_labels: Mapping[str, str] = field(default_factory=dict)
    logs: LogView | None = None

    def labels(self, catalog: Catalog) -> dict[str, str]:
        """Return the labels of the rule."""
        labels = {
            "severity": self.severity.value,
            "priority": self.priority.value,
            "team": self.team.value,
            "incident": str(self.incident),
            **self.extra_labels,
            **catalog.settings.labels,
        }
        return {name: value for name, value in labels.items() if name not in self.from_series}

    def annotations(self, catalog: Catalog, dashboard: AnyDashboard) -> dict[str, str]:
        """Return the annotations of the rule; ``dashboard`` is where to look."""
        view = self.log_view(catalog)
        return {
            "summary": self.summary,
            "description": self.description,
            "runbook_url": runbook_url(catalog.settings, self.name),
            "dashboard_url": dashboard_url(catalog.settings, dashboard),
            **({"logs_url": log_view_url(catalog.settings, view)} if view else {}),
        }

    def log_view(self, catalog: Catalog) -> LogView | None:
        """Return where the lines are in Kibana; ``None`` where it is not known, or only with the series."""
        return None if "incident" in self.from_series else self.logs or catalog.incidents[self.incident].logs


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """Rules that Prometheus evaluates together, the recorded series before the alerts that read them.

    ``interval`` is between two evaluations where Prometheus' own would be a waste, with windows of hours. It stays
    below five minutes, for which Prometheus goes on to show the state of an alert. ``dashboard`` shows what they
    are about. What is above MOST_RULES becomes further groups of its file.
    """

    name: str
    file: str
    alerts: tuple[Alert, ...]
    recordings: tuple[RecordingRule, ...] = ()
    interval: timedelta | None = None
    dashboard: AnyDashboard = field(kw_only=True)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the groups that its file has, in the order in which they read each other."""
        rules = len(self.recordings) + len(self.alerts)
        return (self.name, *(f"{self.name}-{number}" for number in range(2, -(-rules // MOST_RULES) + 1)))
