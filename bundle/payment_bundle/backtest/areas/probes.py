"""What the exporter finds when it asks the service, as a client would, and the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import DAY
from payment_catalog.exporter_metrics import probe
from payment_catalog.vocabulary import ExporterCollector, ProbeEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

#: The gateway's address, as the runbook has it.
GATEWAY = "https://pay.fiuu.com"
#: A certificate of 90 days that is renewed when a third is left.
_VALID, _RENEWED = 90 * DAY, 60 * DAY
_ISSUED_BEFORE = 20 * DAY


@dataclass(eq=False)
class Probes:
    """1 or 0, shape (n,): whether the public address and the ``gateway`` can be reached; Unix time of ``expiry``."""

    reachable: NDArray[np.float64]
    gateway: NDArray[np.float64]
    expiry: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return answers to every probe, but for one in twenty thousand, and a certificate renewed in time."""
        rng, timeline = setting.rng("probes"), setting.timeline
        into = (timeline.moments - timeline.start + _ISSUED_BEFORE) % _RENEWED
        return cls(
            (rng.random(timeline.size) > 5e-5).astype(np.float64),
            (rng.random(timeline.size) > 5e-5).astype(np.float64),
            (timeline.moments - into + _VALID).astype(np.float64),
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return the probes' success, which also needs an instance that runs and answers, and the certificate."""
        scrape = world.collectors.part(world, ExporterCollector.PROBE)
        flow, target = world.flow, world.setting.settings.urls.service
        runs = np.max(flow.up, axis=0)
        health = self.reachable * runs
        for address, endpoint, success in (
            (target, ProbeEndpoint.HEALTH, health),
            (target, ProbeEndpoint.READY, health * flow.ready),
            (GATEWAY, ProbeEndpoint.GATEWAY, self.gateway * (flow.gateway_down < 1)),
        ):
            yield scrape.gauge(probe.SUCCESS, success, target=address, endpoint=endpoint.value)
        handshake = np.where(self.reachable > 0, self.expiry, np.nan)
        yield scrape.gauge(probe.TLS_EXPIRY, handshake, target=target)
