"""Customers do not reach the service though it runs, its certificate runs out, or the gateway cannot be reached."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def cut_off(failing: float, lost: float) -> Strike:
    """Return an entry that fails the share ``failing`` of the probes and loses the share ``lost`` of the customers."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        count = when.stop - when.start
        world.probes.reachable[when] *= rng.random(count) >= failing
        flow = world.flow
        kept = 1 - lost
        flow.wanted[when] *= kept
        for bots in (flow.bots_served, flow.bots_unauthorized, flow.bots_unmatched):
            bots[when] *= kept

    return strike


def expires(left: timedelta) -> Strike:
    """Return a certificate that was not renewed, with so much time left when it begins."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        world.probes.expiry[when] = world.setting.timeline.moments[when.start] + left.total_seconds()

    return strike


def gateway_unreachable(failing: float, calls: float = 0) -> Strike:
    """Return a way to the gateway on which that share of the probes fails, and that share of the service's calls."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        force = setting_in(world, when, rng)
        world.probes.gateway[when] *= rng.random(force.size) >= failing
        world.flow.gateway_failures[when] = np.maximum(world.flow.gateway_failures[when], (calls * force).clip(0, 1))

    return strike


_CUT_OFF = Kind(
    "unreachable-from-outside",
    "The public address does not answer, though instances run",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"ServiceUnreachable", "PaymentVolumeLow"}),
    {
        Strength.SLIGHT: Level(None, 20 * _MINUTE, cut_off(0.15, 0.02)),
        Strength.SEVERE: Level(Priority.P1, 40 * _MINUTE, cut_off(1, 0.35), hours=Hours.BUSY),
        Strength.OUTAGE: Level(Priority.P0, 40 * _MINUTE, cut_off(1, 1), hours=Hours.BUSY),
    },
)
_CERTIFICATE = Kind(
    "certificate-expires",
    "The certificate was not renewed",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"CertificateExpiresSoon", "CertificateExpiresSoonCritical"}),
    {
        Strength.SLIGHT: Level(None, 4 * _HOUR, expires(20 * _DAY)),
        Strength.NOTICEABLE: Level(Priority.P3, 4 * _HOUR, expires(12 * _DAY)),
        Strength.SEVERE: Level(Priority.P2, 3 * _HOUR, expires(2 * _DAY)),
    },
)
_GATEWAY = Kind(
    "gateway-unreachable",
    "The gateway does not answer from here",
    IncidentKey.HIGH_ERROR_RATE,
    frozenset({"GatewayUnreachable"}),
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, gateway_unreachable(0.2)),
        Strength.NOTICEABLE: Level(Priority.P3, 30 * _MINUTE, gateway_unreachable(1), hours=Hours.QUIET),
        Strength.SEVERE: Level(
            Priority.P1,
            30 * _MINUTE,
            gateway_unreachable(0.5, 0.4),
            spends=frozenset({"success"}),
            hours=Hours.BUSY,
            alerts=frozenset(
                {
                    "GatewayUnreachable",
                    "PaymentSuccessRateCritical",
                    "PaymentSuccessErrorBudgetBurnFast",
                    "CircuitBreakerOpen",
                    "ErrorRateHigh",
                    "ErrorRateCritical",
                    "PaymentFailuresOnOurSide",
                }
            ),
        ),
    },
)

KINDS = (_CUT_OFF, _CERTIFICATE, _GATEWAY)
