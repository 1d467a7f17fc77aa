"""What Prometheus and Alertmanager are called where they watch themselves."""

from __future__ import annotations

#: The label ``environment`` of what watches over every environment and belongs to none.
MONITORING = "monitoring"

PROMETHEUS_JOB = "prometheus"
ALERTMANAGER_JOB = "alertmanager"
MONITORING_JOBS = (PROMETHEUS_JOB, ALERTMANAGER_JOB)
