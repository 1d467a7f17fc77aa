"""What the Prometheus of these tests remembers: two hours of a shop, until now, with labels that mean harm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from payment_catalog.promql import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

STEP = timedelta(seconds=15)
SPAN = timedelta(hours=2)
HOSTILE = "</script><script>alert(1)</script>\"'`${__from}<b>%{x}</b>"
BUCKETS = ("0.05", "0.1", "0.25", "0.5", "1", "+Inf")


@dataclass(frozen=True)
class Family:
    """Samples of one metric: labels → the value at a number of minutes after the begin, ``None`` for none."""

    name: str
    series: tuple[tuple[Mapping[str, str], Callable[[float], float | None]], ...]


def families() -> tuple[Family, ...]:
    where = {"environment": "production", "namespace": "shop", "job": "shop"}
    staging = {**where, "environment": "staging"}
    return (
        Family("up", (({**where, "instance": "a:1"}, lambda _: 1), ({**staging, "instance": "b:1"}, lambda _: 1))),
        Family(
            "orders_total",
            (
                *tuple(
                    (
                        {**where, "route": route},
                        lambda minutes, rate=rate: minutes * rate * (1.2 + math.sin(minutes / 9) / 9),
                    )
                    for route, rate in (("/orders", 300), ("/refunds", 60), (HOSTILE, 30))
                ),
                ({**staging, "route": "/orders"}, lambda minutes: minutes * 6),
            ),
        ),
        Family("failing_ratio", (({**where, "route": "/orders"}, lambda minutes: 0.004 + 0.01 * (60 < minutes < 80)),)),
        Family("queue_bytes", (({**where, "queue": "mail"}, lambda minutes: 3e6 + 2e6 * math.sin(minutes / 15)),)),
        Family("breaker_state", (({**where, "gateway": "fiuu"}, lambda minutes: float(50 < minutes < 70)),)),
        Family(
            "breaker_state_by_gateway",
            (
                ({**where, "gateway": "fiuu"}, lambda minutes: float(50 < minutes < 70)),
                ({**where, "gateway": HOSTILE}, lambda minutes: None if 20 < minutes < 40 else 2.0 * (minutes > 100)),
            ),
        ),
        Family(
            "latency_seconds_bucket",
            tuple(
                ({**where, "le": bound}, lambda minutes, share=share: minutes * 300 * share)
                for bound, share in zip(BUCKETS, (0.2, 0.5, 0.8, 0.95, 0.99, 1), strict=True)
            ),
        ),
        Family(
            "ALERTS",
            (
                (
                    {**where, "alertname": "FailingHigh", "alertstate": "firing", "severity": "critical"},
                    lambda minutes: 1 if 62 < minutes < 82 else None,
                ),
            ),
        ),
        Family(
            "started_seconds",
            (({**where, "version": HOSTILE}, lambda _: (began() + timedelta(hours=1, seconds=30)).timestamp()),),
        ),
    )


def began() -> datetime:
    return _NOW - SPAN


def write(file: Path) -> None:
    file.write_text("".join(_block(family) for family in families()) + "# EOF\n", encoding="utf-8")


def _block(family: Family) -> str:
    lines = []
    for labels, value in family.series:
        inside = ",".join(f"{label}={quote(content)}" for label, content in labels.items())
        for number in range(SPAN // STEP + 1):
            moment = began() + number * STEP
            found = value(number * STEP / timedelta(minutes=1))
            if found is not None:
                lines.append(f"{family.name}{{{inside}}} {found} {moment.timestamp():.0f}")
    return f"# TYPE {family.name} unknown\n" + "\n".join(lines) + "\n"


_NOW = datetime.now(UTC).replace(second=0, microsecond=0)
