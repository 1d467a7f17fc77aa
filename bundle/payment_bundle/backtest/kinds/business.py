"""Money that goes astray though requests are answered and quick."""

from __future__ import annotations

from datetime import timedelta

from payment_bundle.backtest.kinds.availability import SEASONED
from payment_bundle.backtest.kinds.flow_strikes import of_method, share, times
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import PaymentMethod

_MINUTE = timedelta(minutes=1)
_ERRORS, _SERVICE = IncidentKey.HIGH_ERROR_RATE, IncidentKey.SERVICE_UNAVAILABLE
#: Figures of an hour hold what happened for as long after it.
_HOURLY = timedelta(hours=2)


KINDS = (
    Kind(
        "refunds",
        "More is refunded than usual",
        _ERRORS,
        frozenset({"RefundRateHigh"}),
        {
            Strength.SLIGHT: Level(None, 60 * _MINUTE, times(lambda flow: flow.refunds, 2), hours=Hours.BUSY),
            Strength.NOTICEABLE: Level(Priority.P3, 120 * _MINUTE, times(lambda flow: flow.refunds, 8)),
            Strength.SEVERE: Level(Priority.P2, 90 * _MINUTE, times(lambda flow: flow.refunds, 30)),
        },
        recovery=_HOURLY,
    ),
    Kind(
        "method-missing",
        "Customers are not offered a payment method",
        _ERRORS,
        frozenset({"PaymentMethodDown"}),
        {
            Strength.SLIGHT: Level(
                None, 60 * _MINUTE, share(of_method(lambda flow: flow.method_absent, PaymentMethod.FPX), 0.2)
            ),
            Strength.NOTICEABLE: Level(
                Priority.P3,
                80 * _MINUTE,
                share(of_method(lambda flow: flow.method_absent, PaymentMethod.BOOST), 1),
                hours=Hours.BUSY,
            ),
            Strength.SEVERE: Level(
                Priority.P2,
                80 * _MINUTE,
                share(of_method(lambda flow: flow.method_absent, PaymentMethod.FPX), 1),
                hours=Hours.BUSY,
            ),
        },
        after=SEASONED,
    ),
    Kind(
        "amounts-too-small",
        "Payments are charged for less than they cost",
        _SERVICE,
        frozenset({"RevenueLow"}),
        {
            Strength.SLIGHT: Level(None, 60 * _MINUTE, times(lambda flow: flow.amount, 0.85)),
            Strength.SEVERE: Level(Priority.P2, 120 * _MINUTE, times(lambda flow: flow.amount, 0.02), hours=Hours.BUSY),
        },
        after=SEASONED,
        recovery=_HOURLY,
    ),
    Kind(
        "amounts-too-large",
        "Payments are charged for more than they cost",
        _ERRORS,
        frozenset({"RevenueSurge"}),
        {
            Strength.SLIGHT: Level(None, 60 * _MINUTE, times(lambda flow: flow.amount, 1.3)),
            Strength.SEVERE: Level(Priority.P3, 120 * _MINUTE, times(lambda flow: flow.amount, 50), hours=Hours.BUSY),
        },
        after=SEASONED,
        recovery=_HOURLY,
    ),
)
