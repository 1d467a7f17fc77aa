"""Somebody looks for what he must not see, or sends what must not be sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.backtest.kinds.credentials import counted, noticed
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import SecurityEvent

if TYPE_CHECKING:
    import numpy as np

    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
#: The runbook calls more suspicious calls than 5 a second critical.
_SUSPICIOUS = frozenset({"SuspiciousAPIAccess", "SuspiciousAccessAcrossInstances"})


def suspicious(per_second: float) -> Strike:
    """Return payment ids that are tried one after the other, at every instance."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        pace = per_second * setting_in(world, when, rng, 2 * _MINUTE)
        calls = world.security.suspicious
        calls[:, when] += pace / len(calls)
        world.security.events[SecurityEvent.ID_ENUMERATION][when] += pace / 600
        world.flow.bots_unmatched[when] += pace

    return strike


def scanned(per_second: float) -> Strike:
    """Return a scanner that asks for paths that the service does not have."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        pace = per_second * setting_in(world, when, rng)
        world.security.events[SecurityEvent.PATH_SCAN][when] += pace
        world.flow.bots_unmatched[when] += pace

    return strike


_SUSPICIOUS_CALLS = Kind(
    "suspicious-calls",
    "Payment ids are tried one after the other",
    IncidentKey.UNAUTHORIZED_ACCESS,
    _SUSPICIOUS | {"PaymentIdEnumeration"},
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, suspicious(0.03), hours=Hours.QUIET),
        Strength.NOTICEABLE: Level(Priority.P2, 90 * _MINUTE, suspicious(4)),
        Strength.SEVERE: Level(Priority.P1, _HOUR, suspicious(25)),
    },
)
_SCAN = Kind(
    "path-scan",
    "A scanner asks for paths that the service does not have",
    IncidentKey.UNAUTHORIZED_ACCESS,
    _SUSPICIOUS | {"PathScanning"},
    {
        Strength.SLIGHT: Level(None, timedelta(minutes=5), scanned(0.1)),
        Strength.NOTICEABLE: Level(Priority.P3, 40 * _MINUTE, scanned(1), hours=Hours.QUIET),
        Strength.SEVERE: Level(Priority.P1, 40 * _MINUTE, scanned(12)),
    },
)
_ENUMERATION = Kind(
    "id-enumeration",
    "Several addresses look for payments that are not theirs",
    IncidentKey.UNAUTHORIZED_ACCESS,
    _SUSPICIOUS | {"PaymentIdEnumeration"},
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, noticed(SecurityEvent.ID_ENUMERATION, 20 * _MINUTE, 1)),
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, counted(SecurityEvent.ID_ENUMERATION, 30)),
    },
)
_FOREIGN = Kind(
    "foreign-payments",
    "A merchant asks for another one's payments",
    IncidentKey.UNAUTHORIZED_ACCESS,
    _SUSPICIOUS | {"ForeignPaymentAccess"},
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, counted(SecurityEvent.FORBIDDEN, 6)),
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, counted(SecurityEvent.FORBIDDEN, 60)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, counted(SecurityEvent.FORBIDDEN, 3600)),
    },
)
_FORGED = Kind(
    "forged-callbacks",
    "Callbacks come that the gateway did not sign",
    IncidentKey.UNAUTHORIZED_ACCESS,
    _SUSPICIOUS | {"GatewaySignatureFailures"},
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, counted(SecurityEvent.SIGNATURE_FAILURE, 6)),
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, counted(SecurityEvent.SIGNATURE_FAILURE, 60)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, counted(SecurityEvent.SIGNATURE_FAILURE, 7200)),
    },
)
_CARD_DATA = Kind(
    "card-data",
    "Card numbers are sent to the service",
    IncidentKey.DATA_BREACH,
    frozenset({"CardDataReceived"}),
    {
        Strength.NOTICEABLE: Level(Priority.P2, 20 * _MINUTE, noticed(SecurityEvent.CARD_DATA, 30 * _MINUTE, 3)),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, counted(SecurityEvent.CARD_DATA, 90)),
    },
)

KINDS = (_SUSPICIOUS_CALLS, _SCAN, _ENUMERATION, _FOREIGN, _FORGED, _CARD_DATA)
