"""Credentials that are guessed, stolen, or used for more than they allow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import once_every, setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import SecurityEvent

if TYPE_CHECKING:
    import numpy as np

    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_GUESSED = frozenset({"HighFailedAuthRate", "FailedAuthAcrossInstances", "FailedAuthPersists", "MostRequestsRefused"})


def guessing(per_second: float, *, spread_out: bool, over: timedelta = _MINUTE) -> Strike:
    """Return an attacker who tries keys, at one instance or evenly at all."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        pace = per_second * setting_in(world, when, rng, over)
        attempts = world.security.failed_auth
        if spread_out:
            attempts[:, when] += pace / len(attempts)
        else:
            attempts[int(rng.integers(len(attempts))), when] += pace
        world.flow.bots_unauthorized[when] += pace

    return strike


def counted(event: SecurityEvent, per_hour: float) -> Strike:
    """Return events that come evenly, by chance."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.security.events[event][when] += per_hour / 3600 * setting_in(world, when, rng)

    return strike


def noticed(event: SecurityEvent, period: timedelta, count: float) -> Strike:
    """Return events of which about ``count`` come at the beginning and again each ``period``."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        at = once_every(world, when, period)
        world.security.events[event][at] += count / world.setting.timeline.resolution

    return strike


_ONE_INSTANCE = Kind(
    "brute-force-one-instance",
    "Somebody tries keys over one kept connection",
    IncidentKey.UNAUTHORIZED_ACCESS,
    _GUESSED,
    {
        Strength.SLIGHT: Level(None, timedelta(minutes=20), guessing(0.05, spread_out=False), hours=Hours.QUIET),
        Strength.NOTICEABLE: Level(Priority.P3, 3 * _HOUR, guessing(2, spread_out=False)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, guessing(35, spread_out=False)),
    },
)
_SPREAD = Kind(
    "brute-force-spread",
    "Many machines try keys at every instance",
    IncidentKey.UNAUTHORIZED_ACCESS,
    _GUESSED,
    {
        Strength.NOTICEABLE: Level(
            Priority.P3, 4 * _HOUR, guessing(0.6, spread_out=True, over=20 * _MINUTE), hours=Hours.QUIET
        ),
        Strength.SEVERE: Level(Priority.P2, _HOUR, guessing(18, spread_out=True, over=5 * _MINUTE)),
    },
    instances=2,
)
_STOLEN = Kind(
    "stolen-key",
    "A merchant's key is used from many addresses",
    IncidentKey.UNAUTHORIZED_ACCESS,
    frozenset({"ApiKeyFromManyAddresses"}),
    {
        Strength.NOTICEABLE: Level(
            Priority.P2, 30 * _MINUTE, noticed(SecurityEvent.KEY_FROM_MANY_ADDRESSES, 10 * _MINUTE, 2)
        ),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, counted(SecurityEvent.KEY_FROM_MANY_ADDRESSES, 60)),
    },
)
_SCOPE = Kind(
    "scope-denied",
    "A key is tried for what it does not allow",
    IncidentKey.UNAUTHORIZED_ACCESS,
    frozenset({"ApiKeyScopeDenied"}),
    {
        Strength.SLIGHT: Level(None, 30 * _MINUTE, counted(SecurityEvent.SCOPE_DENIED, 6)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, counted(SecurityEvent.SCOPE_DENIED, 120)),
    },
)

KINDS = (_ONE_INSTANCE, _SPREAD, _STOLEN, _SCOPE)
