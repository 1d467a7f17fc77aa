"""What happens in a shop, and what was usual there, as input series.

Counters are what the exporter shows. What is usual comes from weeks that no scenario simulates: it stands there as
Prometheus has recorded it. That it is recorded right is shown by tests of its own, over weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from payment_alerts.alert import InputSeries
from payment_alerts.scenario_series import Target, selector, steady, then
from payment_catalog.exporter_metrics import business
from payment_catalog.vocabulary import Currency, FailureReason, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_catalog.seasons import BusinessSeasons, Season

#: Longer than any scenario.
FOREVER = 300


def exactly(share: float, after: int = 2) -> tuple[str, int]:
    """Return a counter that rises once, and what is usual, of which that is ``share`` to the last bit.

    It rises ``after`` so many minutes. A rise within the window from 0 is extrapolated by no version of Prometheus.
    """
    part = Fraction(str(share))
    return then(steady(0, after - 1), steady(part.numerator * 1000, FOREVER)), part.denominator * 1000


@dataclass(frozen=True, slots=True)
class Shop:
    """One environment whose figures ``target``, an exporter, shows."""

    target: Target
    seasons: BusinessSeasons

    def payments(
        self,
        values: str,
        method: PaymentMethod = PaymentMethod.CARD,
        status: PaymentStatus = PaymentStatus.SUCCEEDED,
        currency: Currency = Currency.MYR,
    ) -> InputSeries:
        """Return the counter of payments."""
        return self.target.series(business.PAYMENTS.name, values, method=method, status=status, currency=currency)

    def failures(self, reason: FailureReason, values: str) -> InputSeries:
        """Return the counter of failures."""
        return self.target.series(business.FAILURES.name, values, reason=reason)

    def revenue(self, values: str, currency: Currency = Currency.MYR) -> InputSeries:
        """Return the counter of revenue, in minor units."""
        return self.target.series(business.REVENUE.name, values, currency=currency)

    def usual(self, season: Season, value: float, **labels: str) -> InputSeries:
        """Return what is usual all the time."""
        return InputSeries(selector(season.usual.record, {**self.target.job_labels, **labels}), steady(value, FOREVER))
