"""The service and the gateway, as a client finds them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.probing.prober import Prober

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prometheus_client.core import Metric as MetricFamily

    from payment_exporter.configuration import Probe

#: Seconds of the time that are left for giving up what hangs and for writing the figures, or this share of it.
_RESERVE = 0.5
_RESERVED_SHARE = 0.2


class ProbeCollector:
    """Probes every configured service and the gateway, whose address is ``gateway``; ``timeout`` is in seconds.

    Raises ForeseenError for an address in the configuration with an impossible host or port.
    """

    name = ExporterCollector.PROBE

    def __init__(self, configuration: Probe, gateway: str | None, timeout: float) -> None:
        self._prober = Prober(configuration, gateway)
        self._timeout = timeout

    def collect(self, within: float = math.inf) -> Sequence[MetricFamily]:
        """Return success, duration and status of each; one that hangs or fails costs only its own figures."""
        seconds = min(self._timeout, within)
        return self._prober.probe_configured(seconds - min(_RESERVE, _RESERVED_SHARE * seconds))

    def close(self) -> None:
        """Give back nothing: no connection is kept between two scrapes."""
