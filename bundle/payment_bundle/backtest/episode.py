"""When an alert was pending and when it fired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert, as Prometheus tells Alertmanager of it: ``labels`` has those of the rule and of the result.

    Active since ``active``, fires from ``start`` until ``end`` (the first evaluation at which it no longer does; the
    end of the timeline when it still does). Unix times.
    """

    alert: str
    labels: Mapping[str, str]
    active: int
    start: int
    end: int
