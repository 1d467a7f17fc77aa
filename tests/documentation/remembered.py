"""What a Prometheus remembers of an incident on 2026-11-25, from ten o'clock on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from payment_alerts.scenario_series import service_target
from payment_catalog import service_metrics as service
from payment_catalog.external_metrics import ALERTS
from payment_catalog.http_metrics import HTTP_REQUESTS
from payment_catalog.promql import quote
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TEN = datetime(2026, 11, 25, 10, tzinfo=UTC)
STEP = timedelta(minutes=1)
BEFORE, AFTER = 120, 120
FIRST, LAST = 5, 40


def write_history(file: Path) -> None:
    """Write a service of which a third of the requests fail for some time, and the alert on it."""
    target = service_target(Settings())
    alert = {
        "alertname": "ErrorRateCritical",
        "alertstate": "firing",
        "severity": "critical",
        "priority": "P1",
        "team": "service-outage",
        "incident": "high-error-rate",
        **target.job_labels,
    }
    instance = target.instance_labels
    parts = (
        _series(HTTP_REQUESTS.name, {**instance, "method": "POST", "route": "/payments", "code": "201"}, _steadily),
        _series(HTTP_REQUESTS.name, {**instance, "method": "POST", "route": "/payments", "code": "502"}, _badly),
        _series(service.PAYMENTS.name, {**instance, "method": "card", "status": "succeeded"}, _steadily),
        _series(service.PAYMENTS.name, {**instance, "method": "card", "status": "failed"}, _badly),
        _series(ALERTS.name, alert, lambda minute: 1 if FIRST <= minute <= LAST else None),
    )
    file.write_text("".join(line for part in parts for line in part) + "# EOF\n")


def _steadily(minute: int) -> float:
    return (minute + BEFORE) * 120


def _badly(minute: int) -> float:
    return min(max(minute, 0), LAST) * 60


def _series(name: str, labels: dict[str, str], value: Callable[[int], float | None]) -> Iterator[str]:
    inside = ",".join(f"{label}={quote(content)}" for label, content in labels.items())
    for minute in range(-BEFORE, AFTER):
        found = value(minute)
        if found is not None:
            yield f"{name}{{{inside}}} {found} {(TEN + minute * STEP).timestamp():.0f}\n"
