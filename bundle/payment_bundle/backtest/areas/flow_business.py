"""What the exporter reads from the payment database: payments, revenue, failures and refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.flow_counts import METHODS
from payment_catalog.exporter_metrics import business
from payment_catalog.vocabulary import Currency, ExporterCollector, PaymentMethod, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from payment_bundle.backtest.areas.flow_counts import Counts
    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.world import World

#: Share of card payments that are made in Singapore; every other payment is made in Malaysia.
ABROAD = 0.15
#: Mean amount of a payment in minor units, and its variance over the mean's square: many small, few large.
MEAN_AMOUNT = {Currency.MYR: 6500, Currency.SGD: 5200}
_VARIANCE = 1.25


def business_series(world: World, counts: Sequence[Counts]) -> Iterator[Series]:
    """Return ``up`` of the exporter, and the business figures of all instances' ``counts``."""
    rng = world.setting.rng("flow", "business")
    yield world.flow.exporter(world.setting).reachable
    scrape = world.collectors.part(world, ExporterCollector.BUSINESS)
    succeeded = np.zeros((len(Currency), world.flow.wanted.size), dtype=np.int64)
    for position, method in enumerate(METHODS):
        for status, numbers in (
            (PaymentStatus.SUCCEEDED, sum(part.succeeded[position] for part in counts)),
            (PaymentStatus.FAILED, sum(part.failed[position] for part in counts)),
        ):
            for currency, number in _by_currency(method, np.asarray(numbers), rng):
                yield scrape.counter(business.PAYMENTS, number, method=method, status=status, currency=currency)
                if status is PaymentStatus.SUCCEEDED:
                    succeeded[list(Currency).index(currency)] += number
    for currency, mean in MEAN_AMOUNT.items():
        amounts = _amounts(succeeded[list(Currency).index(currency)], mean * world.flow.amount, rng)
        yield scrape.counter(business.REVENUE, amounts, currency=currency)
    for reason in counts[0].reasons:
        yield scrape.counter(business.FAILURES, np.asarray(sum(part.reasons[reason] for part in counts)), reason=reason)
    refunded = np.asarray(sum(part.refunded for part in counts))
    yield scrape.counter(business.REFUNDS, refunded, status=RefundStatus.SUCCEEDED, currency=Currency.MYR)


def _by_currency(
    method: PaymentMethod, number: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[tuple[Currency, NDArray[np.int64]]]:
    if method is not PaymentMethod.CARD:
        yield Currency.MYR, number
        return
    abroad = rng.binomial(number, ABROAD)
    yield Currency.MYR, number - abroad
    yield Currency.SGD, abroad


def _amounts(number: NDArray[np.int64], mean: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the sum of ``number`` amounts in minor units: each is gamma distributed, and so is their sum."""
    return np.rint(rng.gamma(number / _VARIANCE, mean * _VARIANCE)).astype(np.int64)
