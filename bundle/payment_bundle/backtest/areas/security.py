"""What the service notices of attacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import HOUR, busy_hours
from payment_catalog.service_metrics import FAILED_AUTH, SECURITY_EVENTS, SUSPICIOUS_API_CALLS
from payment_catalog.vocabulary import SecurityEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

#: Events an hour on an ordinary day: slips, crawlers, and merchants who try things out.
EVERYDAY = {
    SecurityEvent.SCOPE_DENIED: 0.2,
    SecurityEvent.FORBIDDEN: 0.03,
    SecurityEvent.ID_ENUMERATION: 0.01,
    SecurityEvent.PATH_SCAN: 6.0,
    SecurityEvent.SIGNATURE_FAILURE: 0.02,
    SecurityEvent.KEY_FROM_MANY_ADDRESSES: 0.0,
    SecurityEvent.CARD_DATA: 0.0,
    SecurityEvent.RATE_LIMITED: 4.0,
}
#: Events that ``suspicious_api_calls`` counts too, as the service has it.
SUSPICIOUS = (
    SecurityEvent.PATH_SCAN,
    SecurityEvent.FORBIDDEN,
    SecurityEvent.ID_ENUMERATION,
    SecurityEvent.SIGNATURE_FAILURE,
    SecurityEvent.KEY_FROM_MANY_ADDRESSES,
)
_FAILED_AUTH = 25.0


@dataclass(eq=False)
class Security:
    """Paces, a second: ``failed_auth`` and ``suspicious`` of each instance (instances, n), ``events`` of all (n,).

    ``suspicious`` are calls beyond the events that are suspicious by themselves. All rules sum events over the
    instances: the first one publishes them.
    """

    failed_auth: NDArray[np.float64]
    suspicious: NDArray[np.float64]
    events: dict[SecurityEvent, NDArray[np.float64]]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return everyday slips, most of them by day."""
        instances = len(setting.service)
        by_day = (0.3 + 1.4 * busy_hours(setting.timeline)) / HOUR
        return cls(
            np.tile(by_day * _FAILED_AUTH / instances, (instances, 1)),
            np.zeros((instances, setting.timeline.size)),
            {event: by_day * pace for event, pace in EVERYDAY.items()},
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return failed credentials, suspicious calls and security events."""
        rng = world.setting.rng("security")
        seconds = world.setting.timeline.resolution
        scrapes = world.flow.service(world.setting)
        events = {event: rng.poisson(pace * seconds).astype(np.float64) for event, pace in self.events.items()}
        of_events = np.sum([events[event] for event in SUSPICIOUS], axis=0)
        for instance, scrape in enumerate(scrapes):
            failed = rng.poisson(self.failed_auth[instance] * seconds).astype(np.float64)
            suspicious = rng.poisson(self.suspicious[instance] * seconds).astype(np.float64)
            yield scrape.counter(FAILED_AUTH, failed)
            yield scrape.counter(SUSPICIOUS_API_CALLS, suspicious if instance else suspicious + of_events)
        for event, counts in events.items():
            yield scrapes[0].counter(SECURITY_EVENTS, counts, type=event.value)
