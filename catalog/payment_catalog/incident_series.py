"""Names of the series that are recorded for incidents: what escalations read and dashboards show."""

from __future__ import annotations

#: What an incident is told apart by: all but the team are labels that its escalation gets from the series.
INCIDENT_LABELS = "environment, namespace, incident, team, priority"

#: When the first alert of the incident began to fire, in seconds since unix epoch.
STARTED = "incident:alerts_firing_since_seconds:min"
#: The same, remembered where the start is forgotten or the first of several alerts is over.
SINCE = "incident:firing_since_seconds:min"
