"""Failover tests, as people recorded them beside the backups."""

from __future__ import annotations

from payment_catalog.metric import Metric, MetricType
from payment_catalog.publishers import EXPORTER

WAS_RECORDED = "Published when the backup directory holds the report of 'payment-service failover-test'."

LAST_TIMESTAMP = Metric(
    "failover_test_last_timestamp_seconds",
    MetricType.GAUGE,
    "When the last failover test was recorded, as Unix time.",
    EXPORTER,
    conditional=WAS_RECORDED,
)
LAST_SUCCESS = Metric(
    "failover_test_last_success",
    MetricType.GAUGE,
    "1 when the last failover test passed, else 0.",
    EXPORTER,
    conditional=WAS_RECORDED,
)
LAST_SUCCESS_TIMESTAMP = Metric(
    "failover_test_last_success_timestamp_seconds",
    MetricType.GAUGE,
    "When the last failover test that passed was recorded, as Unix time.",
    EXPORTER,
    conditional=f"{WAS_RECORDED} Absent when none has passed yet.",
)

METRICS: tuple[Metric, ...] = (LAST_TIMESTAMP, LAST_SUCCESS, LAST_SUCCESS_TIMESTAMP)
