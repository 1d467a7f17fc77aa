"""The service's traffic: payments, requests, the gateway, and the instances that serve them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.flow_business import business_series
from payment_bundle.backtest.areas.flow_counts import METHODS, Counts, draw
from payment_bundle.backtest.areas.flow_season import drift, wanted_payments
from payment_bundle.backtest.areas.flow_service import POOL, Instance, service_series
from payment_bundle.backtest.areas.settlement import Backlog
from payment_bundle.backtest.scrape import Scrape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World


@dataclass(eq=False)
class Flow:
    """What drives the traffic, over the timeline: float64 of shape (n,), (instances, n) or (methods, n).

    Shares are in [0, 1]. Counts are drawn from it when it is published.
    """

    #: Payments that customers want, per second.
    wanted: NDArray[np.float64]
    #: Requests of bots per second, by how they are answered: 200, 401, 404 and 429.
    bots_served: NDArray[np.float64]
    bots_unauthorized: NDArray[np.float64]
    bots_unmatched: NDArray[np.float64]
    bots_limited: NDArray[np.float64]
    #: Of customers' requests, the share answered 429.
    limited: NDArray[np.float64]

    #: (instances, n): 1 where the process runs. Where it rises again, a new process has begun.
    up: NDArray[np.float64]
    #: (instances, n): 1 where a scrape was missed although the process runs.
    missed: NDArray[np.float64]
    #: (instances, n): the share of an instance's usual part of the traffic that reaches it.
    reached: NDArray[np.float64]
    #: 1 where /ready answers 200.
    ready: NDArray[np.float64]
    exporter_up: NDArray[np.float64]

    #: Share of requests answered 500, and 503.
    server_errors: NDArray[np.float64]
    unavailable: NDArray[np.float64]
    #: Share of payments that are answered as if all were well and never reach the gateway or a final status.
    lost: NDArray[np.float64]

    #: Share of the gateway's calls that fail on its side, factor on its latency, and 1 where nobody reaches it.
    gateway_failures: NDArray[np.float64]
    gateway_delay: NDArray[np.float64]
    gateway_down: NDArray[np.float64]
    #: Share of payments that the issuers decline.
    declines: NDArray[np.float64]
    #: (methods, n): share of a method's payments that fail at the gateway, and that customers do not even try.
    method_down: NDArray[np.float64]
    method_absent: NDArray[np.float64]
    #: Operations without known outcome beyond those under way, and the age of the oldest in seconds.
    unresolved: NDArray[np.float64]
    unresolved_age: NDArray[np.float64]

    #: Factor on the service's own response time.
    delay: NDArray[np.float64]
    #: (instances, n): share of the event loop's timers that ran more than 0.25 s late.
    loop_blocked: NDArray[np.float64]
    #: (instances, n): pooled connections in use, and requests being served.
    pool_in_use: NDArray[np.float64]
    in_progress: NDArray[np.float64]
    #: 1 where the rate limiter's storage does not answer.
    limiter_down: NDArray[np.float64]

    #: Refunds as a share of payments that succeed, and the factor on a payment's amount.
    refunds: NDArray[np.float64]
    amount: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a flow without incident: chance comes from the purpose ``flow``."""
        rng = setting.rng("flow")
        size, instances = setting.timeline.size, len(setting.service)
        wanted = wanted_payments(setting.timeline, rng)
        busy = wanted / instances
        return cls(
            wanted=wanted,
            bots_served=np.full(size, 0.01),
            bots_unauthorized=np.full(size, 0.004),
            bots_unmatched=np.full(size, 0.01),
            bots_limited=np.zeros(size),
            limited=np.full(size, 0.0002),
            up=np.ones((instances, size)),
            missed=np.zeros((instances, size)),
            reached=np.ones((instances, size)),
            ready=np.ones(size),
            exporter_up=np.ones(size),
            server_errors=np.full(size, 0.0002),
            unavailable=np.zeros(size),
            lost=np.zeros(size),
            gateway_failures=np.full(size, 0.0015),
            gateway_delay=drift(setting.timeline, rng, 0.06),
            gateway_down=np.zeros(size),
            declines=np.full(size, 0.0135),
            method_down=np.zeros((len(METHODS), size)),
            method_absent=np.zeros((len(METHODS), size)),
            unresolved=np.zeros(size),
            unresolved_age=np.zeros(size),
            delay=drift(setting.timeline, rng, 0.05) * (1 + 0.01 * wanted),
            loop_blocked=np.full((instances, size), 0.0002),
            pool_in_use=np.minimum(rng.poisson(1 + 0.8 * busy, (instances, size)), POOL).astype(np.float64),
            in_progress=rng.poisson(1 + 0.6 * busy, (instances, size)).astype(np.float64),
            limiter_down=np.zeros(size),
            refunds=np.full(size, 0.012),
            amount=np.ones(size),
        )

    @property
    def restarted(self) -> NDArray[np.bool_]:
        """Where a new process begins, shape (instances, n)."""
        before = np.concatenate((self.up[:, :1], self.up[:, :-1]), axis=1)
        return (self.up > 0) & (before < 1)

    def service(self, setting: Setting) -> tuple[Scrape, ...]:
        """Return what is scraped of each instance."""
        answered = self.up * (1 - self.missed)
        restarted = self.restarted
        return tuple(Scrape(target, answered[i], restarted[i]) for i, target in enumerate(setting.service))

    def exporter(self, setting: Setting) -> Scrape:
        """Return what is scraped of the exporter; what it counts is the database's and the host's, and goes on."""
        return Scrape(setting.exporter, self.exporter_up, np.zeros(self.exporter_up.size, dtype=np.bool_))

    def shares(self) -> NDArray[np.float64]:
        """Return each instance's share of what customers ask for, shape (instances, n): those that run share alike."""
        running: NDArray[np.float64] = self.up.sum(axis=0)
        return self.up * self.reached / np.maximum(running, 1)

    def counts(self, setting: Setting) -> list[Counts]:
        """Return what each instance counts, the same whenever it is asked for."""
        return [draw(self, setting, number, share) for number, share in enumerate(self.shares())]

    def publish(self, world: World) -> Iterator[Series]:
        """Return the series of the service's traffic and of the business."""
        setting = world.setting
        counts = self.counts(setting)
        backlog = Backlog.of(counts, setting.timeline.resolution)
        for number, scrape in enumerate(self.service(setting)):
            yield from service_series(self, setting, Instance(number, scrape, counts[number]), backlog)
        yield from business_series(world, counts)
