"""Security events: each is counted and logged in one place, under a text that the runbook's greps find."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from payment_catalog.vocabulary import SecurityEvent
from payment_service.security.detection import Repetition, Spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_service.metrics import ServiceMetrics
    from payment_service.security.authentication import Caller

#: Payment ids that do not exist or are somebody else's, asked for from one address in 60 s.
USUAL_MISSES, MISSES_WINDOW = 10, 60.0
#: Addresses that one key is used from in 10 minutes.
USUAL_ADDRESSES, ADDRESSES_WINDOW = 5, 600.0

#: These are also what the runbook's ``suspicious_api_calls`` counts.
SUSPICIOUS = frozenset(
    {
        SecurityEvent.PATH_SCAN,
        SecurityEvent.FORBIDDEN,
        SecurityEvent.ID_ENUMERATION,
        SecurityEvent.SIGNATURE_FAILURE,
        SecurityEvent.KEY_FROM_MANY_ADDRESSES,
    }
)

log = structlog.get_logger()


class SecurityEvents:
    """What the service has noticed. ``client`` is the address that a request came from."""

    def __init__(self, metrics: ServiceMetrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._misses = Repetition(USUAL_MISSES, MISSES_WINDOW)
        self._addresses = Spread(USUAL_ADDRESSES, ADDRESSES_WINDOW)

    def failed_auth(self, client: str) -> None:
        """Note credentials that were missing, malformed or unknown."""
        self._metrics.failed_auth.inc()
        self._report(SecurityEvent.FAILED_AUTH, "auth failed", client=client)

    def scope_denied(self, caller: Caller, scope: str, client: str) -> None:
        """Note a key that does not allow what was asked."""
        self._report(
            SecurityEvent.SCOPE_DENIED,
            "scope is not among the key's",
            merchant=caller.merchant,
            key_id=caller.key_id,
            scope=scope,
            client=client,
        )

    def authenticated(self, caller: Caller, client: str) -> None:
        """Note where a key is used; many addresses are an event."""
        if self._addresses.seen(caller.key_id, client, self._clock()):
            self._report(
                SecurityEvent.KEY_FROM_MANY_ADDRESSES,
                "key used from many addresses",
                merchant=caller.merchant,
                key_id=caller.key_id,
                client=client,
            )

    def foreign_payment(self, merchant: str, client: str) -> None:
        """Note that a merchant asked for another one's payment."""
        self._report(SecurityEvent.FORBIDDEN, "payment of another merchant", merchant=merchant, client=client)
        self.missing_payment(client)

    def missing_payment(self, client: str) -> None:
        """Note a payment id that leads nowhere; many of them are an event, and each further one suspicious."""
        above = self._misses.seen(client, self._clock())
        if above == 1:
            self._report(SecurityEvent.ID_ENUMERATION, "payment ids are enumerated", client=client)
        elif above:
            self._metrics.suspicious_calls.inc()

    def path_scan(self, client: str) -> None:
        """Note a path that only scanners ask for."""
        self._report(SecurityEvent.PATH_SCAN, "suspicious path", client=client)

    def signature_failure(self, origin: str) -> None:
        """Note a message that claims to be the gateway's and is not signed by it."""
        self._report(SecurityEvent.SIGNATURE_FAILURE, "signature is wrong", origin=origin)

    def rate_limited(self, merchant: str, client: str) -> None:
        """Note a request that the rate limiter refused."""
        self._report(SecurityEvent.RATE_LIMITED, "rate limit exceeded", merchant=merchant, client=client)

    def card_data_received(self, client: str) -> None:
        """Note a card number in a request that was refused."""
        self._report(SecurityEvent.CARD_DATA, "card number received", client=client)

    def card_data_in_log(self) -> None:
        """Count a card number that was about to be logged; the line that held it shows where it stood."""
        self._metrics.security_events.labels(SecurityEvent.CARD_DATA).inc()

    def _report(self, event: SecurityEvent, text: str, **fields: str) -> None:
        self._metrics.security_events.labels(event).inc()
        if event in SUSPICIOUS:
            self._metrics.suspicious_calls.inc()
        log.warning(text, security_event=event.value, **fields)
