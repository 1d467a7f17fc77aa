"""Every kind of incident around the service's traffic, and what only looks like one."""

from __future__ import annotations

from payment_bundle.backtest.kinds import (
    backups,
    blindness,
    cache,
    credentials,
    database,
    everyday,
    exporting,
    floods,
    intrusion,
    leaks,
    logs,
    pods,
    queries,
    reachability,
    rehearsals,
    resources,
)

GROUND_KINDS = tuple(
    kind
    for part in (
        reachability,
        pods,
        database,
        queries,
        cache,
        resources,
        leaks,
        credentials,
        intrusion,
        floods,
        backups,
        rehearsals,
        logs,
        exporting,
        blindness,
    )
    for kind in part.KINDS
)
GROUND_LOOK_ALIKES = everyday.LOOK_ALIKES
