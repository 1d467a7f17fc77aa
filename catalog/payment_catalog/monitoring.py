"""What Prometheus and Alertmanager are called where they watch themselves."""

from __future__ import annotations

#: The label ``environment`` of what watches over every environment and belongs to none.
MONITORING = "monitoring"

#: The namespace, and the service, that the monitoring of several services is known by.
FLEET = "payment-fleet"

PROMETHEUS_JOB = "prometheus"
ALERTMANAGER_JOB = "alertmanager"
MONITORING_JOBS = (PROMETHEUS_JOB, ALERTMANAGER_JOB)

#: Share of the time that a scrape or an evaluation of rules has, from which on it is slow: what takes all of it is
#: given up, or the next is left out.
SLOW_SHARE = 0.8
