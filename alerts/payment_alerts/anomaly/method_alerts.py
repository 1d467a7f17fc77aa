"""Alerts on one payment method: nobody pays with it any more, or far more of it fails than usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.anomaly.limits import FEWEST_OF_METHOD, METHOD_DOWN_SHARE, METHOD_FAILING_POINTS, PENDING
from payment_alerts.anomaly.story import FOREVER
from payment_alerts.scenario_series import absent, rising, steady, then
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.seasons import FEWEST_ENDED, SHORT
from payment_catalog.severities import Priority, Severity
from payment_catalog.vocabulary import Currency, LogPattern, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_alerts.anomaly.story import Shop

_MINUTE = timedelta(minutes=1)
_FPX, _CARD = PaymentMethod.FPX, PaymentMethod.CARD
_AT = timedelta(minutes=45)
#: Past any ``for`` of these.
_SOON = timedelta(minutes=20)


def method_down(shop: Shop) -> Alert:
    """A method by which customers usually pay brings next to nothing."""
    season = shop.seasons.method_succeeded
    labels = ({**shop.target.job_labels, "method": _FPX.value},)
    second = replace(shop, target=shop.target.second)
    usual, a_minute = 300, 10

    def story(title: str, values: str, at: timedelta = _AT, of: float = usual, *, fires: bool = False) -> Scenario:
        return Scenario(title, (shop.payments(values, _FPX), *around(of)), at, labels if fires else ())

    def around(of: float = usual) -> tuple[InputSeries, ...]:
        """Return cards, which go as usual, failures of the method, and what is usual for both."""
        return (
            shop.payments(rising(a_minute, FOREVER)),
            shop.payments(rising(a_minute, FOREVER), _FPX, PaymentStatus.FAILED),
            shop.usual(season, usual, method=_CARD.value),
            shop.usual(season, of, method=_FPX.value),
        )

    def split(share: float, by: Shop = shop) -> tuple[InputSeries, ...]:
        half = rising(a_minute * share / 2, FOREVER)
        return by.payments(half, _FPX), by.payments(half, _FPX, currency=Currency.SGD)

    nothing = steady(500, FOREVER)
    stopping = then(rising(a_minute, 60), steady(60 * a_minute, 90))
    limit = METHOD_DOWN_SHARE
    return Alert(
        name="PaymentMethodDown",
        expr=f"{season.now} / ({season.usual} >= {FEWEST_OF_METHOD}) < {number(limit)}",
        pending=PENDING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="Next to no payment by {{ $labels.method }} succeeds in {{ $labels.environment }}",
        description=f"In the last {format_duration(SHORT)}, {{{{ $value | humanizePercentage }}}} of what is usual at "
        "this time of the week succeeded by {{ $labels.method }}.",
        meaning="The method is usually chosen at this time and brings nothing: its bank or wallet is down, the gateway "
        "has switched the channel off, or the shop no longer offers it.",
        impact="Customers who pay this way do not; some take another method, some leave.",
        scenarios=(
            story("nothing succeeds", nothing, 17 * _MINUTE, fires=True),
            story("just below the limit", rising(a_minute * limit * 0.98, 70), fires=True),
            story("just above the limit", rising(a_minute * limit * 1.02, 70)),
            story("exactly at the limit", rising(a_minute * limit, 70)),
            story("nothing, where just enough is usual", nothing, _SOON, of=FEWEST_OF_METHOD, fires=True),
            story("nothing, where a little less is usual", nothing, _SOON, of=FEWEST_OF_METHOD - 1),
            story("it stopped, for as long as it takes", stopping, timedelta(minutes=107), fires=True),
            story("it stopped half an hour ago", stopping, timedelta(minutes=100)),
            story("not for long enough", nothing, PENDING),
            story("the database is restored", then(rising(a_minute, 30), rising(a_minute, 40))),
            story(
                "the exporter was away for 40 minutes",
                then(rising(a_minute, 40), absent(39), f"800+{a_minute}x60"),
                timedelta(minutes=85),
            ),
            story("payments are not counted", absent(FOREVER), _SOON),
            Scenario("two currencies just above together", (*split(limit * 1.2), *around()), _AT),
            Scenario("two currencies below together", (*split(limit * 0.8), *around()), _AT, labels),
            Scenario(
                "two exporters tell of few", (*split(limit * 0.8), *split(limit * 0.8, second), *around()), _AT, labels
            ),
            Scenario("one of two exporters cannot read it", (*split(limit * 1.2), *split(0, second), *around()), _AT),
            Scenario("too little history", (shop.payments(nothing, _FPX), shop.payments(rising(10, 70))), _AT),
            Scenario("no data", (), _AT),
        ),
    )


def method_failing(shop: Shop) -> Alert:
    """Far more of one method's payments fail than usual."""
    season = shop.seasons.method_failure_share
    labels = ({**shop.target.job_labels, "method": _FPX.value},)
    second = replace(shop, target=shop.target.second)
    usual, limit = 0.1, METHOD_FAILING_POINTS
    pending = timedelta(minutes=10)

    def ended(
        share: float, a_minute: float = 10, minutes: int = FOREVER, by: Shop = shop, *, dollars: bool = False
    ) -> tuple[InputSeries, ...]:
        """Return so many payments a minute that end, and ``share`` of them fail."""
        currency = Currency.SGD if dollars else Currency.MYR
        return (
            by.payments(rising(a_minute * (1 - share), minutes), _FPX, currency=currency),
            by.payments(rising(a_minute * share, minutes), _FPX, PaymentStatus.FAILED, currency),
            by.payments(rising(a_minute, minutes), _FPX, PaymentStatus.CANCELLED, currency),
        )

    def around(of: float = usual) -> tuple[InputSeries, ...]:
        """Return cards, half of which fail as usual, and what is usual for both."""
        return (
            shop.payments(rising(5, FOREVER)),
            shop.payments(rising(5, FOREVER), status=PaymentStatus.FAILED),
            shop.usual(season, 0.5, method=_CARD.value),
            shop.usual(season, of, method=_FPX.value),
        )

    def story(title: str, series: tuple[InputSeries, ...], at: timedelta = _AT, *, fires: bool = False) -> Scenario:
        return Scenario(title, (*series, *around()), at, labels if fires else ())

    def hasty(payments: int) -> tuple[InputSeries, ...]:
        """Return as many payments, all within one minute, and all of them fail."""
        return (
            shop.payments(steady(0, 60), _FPX),
            shop.payments(then("0 0", steady(payments, 60)), _FPX, PaymentStatus.FAILED),
        )

    edge = FEWEST_ENDED / 30
    restored = then(rising(9, 30), rising(9, 60))
    return Alert(
        name="PaymentMethodFailing",
        expr=f"{season.now} - {season.usual} > {number(limit)}",
        # A minute's outage at the bank passes within the window; this outlasts one of a few minutes.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        logs=LogPattern.PAYMENT_FAILED,
        summary="Far more payments by {{ $labels.method }} fail than usual in {{ $labels.environment }}",
        description=f"Of the payments by {{{{ $labels.method }}}} in the last {format_duration(SHORT)}, the share that "
        "failed is {{ $value | humanizePercentage }} of all above what is usual at this time of the week.",
        meaning="Customers choose the method and their payments fail: its bank or wallet has trouble, or somebody "
        "tries stolen cards.",
        impact="Customers who pay this way do not get through.",
        scenarios=(
            story("all fail", ended(1), _SOON, fires=True),
            story("just above the limit", ended(usual + limit * 1.02), fires=True),
            story("just below the limit", ended(usual + limit * 0.98)),
            Scenario("exactly at the limit, where none usually fails", (*ended(limit), *around(0)), _AT),
            story("all fail, of just enough", hasty(FEWEST_ENDED), _SOON, fires=True),
            story("all fail, of a few less", hasty(FEWEST_ENDED - 2), _SOON),
            story("for just as long as it takes", ended(1), 15 * _MINUTE, fires=True),
            story("not for long enough", ended(1), pending + 2 * _MINUTE),
            story(
                "a first half hour of failures is past",
                (
                    shop.payments(then("0+0x30", rising(10, 70)), _FPX),
                    shop.payments(then(rising(10, 30), "300+0x70"), _FPX, PaymentStatus.FAILED),
                ),
                timedelta(minutes=65),
            ),
            story(
                "the database is restored",
                (
                    shop.payments(restored, _FPX),
                    shop.payments(then(rising(1, 30), rising(1, 60)), _FPX, PaymentStatus.FAILED),
                ),
            ),
            story(
                "it fails while the database is restored",
                (
                    shop.payments(then(rising(5, 30), rising(5, 60)), _FPX),
                    shop.payments(then(rising(5, 30), rising(5, 60)), _FPX, PaymentStatus.FAILED),
                ),
                fires=True,
            ),
            story("one currency of two", (*ended(0.4, 10), *ended(0.4, 4, dollars=True)), fires=True),
            story("one currency of two, the other goes well", (*ended(0.45, 5), *ended(0, 20, dollars=True))),
            story("two exporters", (*ended(0.4), *ended(0.4, by=second)), _SOON, fires=True),
            story("two exporters, few failures", (*ended(0.3), *ended(0.3, by=second)), _SOON),
            story(
                "two exporters, one of which cannot read it",
                (*ended(0.4, edge * 1.1), *ended(0.4, 0, by=second)),
                fires=True,
            ),
            Scenario("it always fails as often", (*ended(0.6), *around(0.5)), _AT),
            Scenario("too little history", ended(1), _AT),
            Scenario("no data", (), _AT),
        ),
    )
