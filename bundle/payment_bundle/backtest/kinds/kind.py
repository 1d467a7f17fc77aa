"""Kinds of what can happen to the simulated service, and how each changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.backtest.occurrence import Strength
    from payment_catalog.incident import IncidentKey
    from payment_catalog.severities import Priority

#: Changes the world's arrays in place; the slice has the moments from start to end.
Strike = Callable[[World, slice, np.random.Generator], None]


class Hours(StrEnum):
    """When something begins, by the customers' clock."""

    ANY = "any"
    #: Much traffic: 09:00 to 21:00.
    BUSY = "busy"
    #: Little traffic: 01:00 to 05:00.
    QUIET = "quiet"
    #: Monday to Friday, 10:00 to 17:00.
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class Level:
    """How a kind is at one strength.

    ``priority`` is what it deserves by the runbook's severity levels and limits, ``None`` where it is too slight to
    tell anybody. ``spends`` has the keys of the objectives whose budget it spends faster than allowed. ``alerts``
    are those of the kind unless given.
    """

    priority: Priority | None
    duration: timedelta
    strike: Strike
    spends: frozenset[str] = frozenset()
    hours: Hours = Hours.ANY
    alerts: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of incident: an alert among ``alerts`` detects it.

    ``after`` is how long the history must be before it: what is compared with the weeks before needs two of them.
    ``recovery`` is for how long after its end nothing else happens. With fewer than ``instances`` it would be another
    kind.
    """

    name: str
    title: str
    incident: IncidentKey
    alerts: frozenset[str]
    levels: Mapping[Strength, Level]
    after: timedelta = timedelta(0)
    recovery: timedelta = timedelta(hours=1)
    instances: int = 1


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Something harmless that happens ``per_week`` times; it begins at ``hours``."""

    name: str
    title: str
    per_week: float
    duration: timedelta
    strike: Strike
    hours: Hours = Hours.ANY
