"""Alerts on revenue in one currency: far less than usual, and far more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.anomaly.limits import FEWEST_USUAL, REVENUE_PENDING, SURGE
from payment_alerts.anomaly.story import FOREVER, exactly
from payment_alerts.scenario_series import absent, rising, steady, then
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import BUSINESS_WINDOW
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import Currency

if TYPE_CHECKING:
    from payment_alerts.anomaly.story import Shop
    from payment_catalog.catalog import Catalog

_MINUTE = timedelta(minutes=1)
#: Minor units of an hour and of a minute of it.
_USUAL = 60_000
_A_MINUTE = _USUAL // 60


def revenue_low(catalog: Catalog, shop: Shop) -> tuple[Alert, ...]:
    """Far less is earned in a currency than at this time of the weeks before."""
    threshold = catalog.settings.threshold(ThresholdKey.REVENUE_VOLUME)
    limits = [limit for limit in (threshold.warning, threshold.critical) if limit is not None]
    at_limit, of = exactly(max(limits))
    few, enough = min(limits) * 0.7, min(max(limits) * 1.3, 1)
    labels = ({**shop.target.job_labels, "currency": Currency.MYR.value},)
    lasting = REVENUE_PENDING // _MINUTE
    second = replace(shop, target=shop.target.second)

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return _with_usual(shop, shop.revenue(rising(_A_MINUTE * value, minutes)))

    def scenario(title: str, values: str, at: int, payments: float = 600, *, fires: bool = False) -> Scenario:
        series = _with_usual(shop, shop.revenue(values), payments=payments)
        return Scenario(title, series, at * _MINUTE, labels if fires else ())

    def seen_twice(share: float, others: float) -> tuple[InputSeries, ...]:
        return (*feed(share, 100), second.revenue(rising(_A_MINUTE * others, 100)))

    nothing = steady(5000, FOREVER)
    stopping = then(rising(_A_MINUTE, 60), steady(_USUAL, 120))
    more = (
        Scenario(
            "exactly at the limit",
            _with_usual(shop, shop.revenue(at_limit), usual=of),
            (lasting + 5) * _MINUTE,
        ),
        scenario("nothing is earned, where just enough is usual", nothing, 60, FEWEST_USUAL, fires=True),
        scenario("nothing is earned, where a little less is usual", nothing, 60, FEWEST_USUAL - 1),
        scenario("nothing any more, for as long as it takes", stopping, 60 + 60 + lasting, fires=True),
        scenario("nothing since just now", stopping, 60 + lasting),
        scenario(
            "the exporter was away for two hours",
            then(rising(_A_MINUTE, 20), absent(119), f"{number(_A_MINUTE * 140)}+{number(_A_MINUTE)}x60"),
            140 + lasting // 2 + 1,
        ),
        scenario("the database is restored", then(rising(_A_MINUTE, 60), rising(_A_MINUTE, 60)), 105),
        scenario("revenue is not counted", absent(FOREVER), 60),
        Scenario("too little history", (shop.revenue(nothing),), 60 * _MINUTE),
        Scenario("one of two exporters cannot read it", seen_twice(enough, 0), 100 * _MINUTE),
        Scenario("two exporters tell of little revenue", seen_twice(few, few), 100 * _MINUTE, labels),
    )
    return ThresholdAlert(
        threshold=threshold,
        expr=_of_usual(shop),
        warning=Level("RevenueLow", Priority.P2),
        critical=Level("RevenueVeryLow", Priority.P1),
        pending=REVENUE_PENDING,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        subject="Revenue",
        meaning=f"The revenue of the last {BUSINESS_WINDOW} in this currency is far below that of the same hour of the "
        "last three weeks: of three the middle one counts, of two the smaller. With the usual number of payments, "
        "amounts are wrong or the dear ones fail. A public holiday looks the same: silence it beforehand.",
        impact="Money that is usually earned is not.",
        feed=feed,
        labels=labels[0],
        best=1,
        worst=0,
        settled=timedelta(minutes=35),
        also=more,
        summary="Far less revenue in {{ $labels.currency }} than usual in {{ $labels.environment }}",
    ).alerts()


def revenue_surge(shop: Shop) -> Alert:
    """Far more is earned in a currency than at this time of the weeks before; of two weeks the smaller counts."""
    at = timedelta(minutes=100)
    labels = ({**shop.target.job_labels, "currency": Currency.MYR.value},)
    second = replace(shop, target=shop.target.second)

    def earned(times: float, by: Shop = shop) -> InputSeries:
        return by.revenue(rising(_A_MINUTE * times, 120))

    return Alert(
        name="RevenueSurge",
        expr=f"{_of_usual(shop)} > {number(SURGE)}",
        # One large order passes; what goes on for longer is a campaign or a mistake.
        pending=REVENUE_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="Far more revenue in {{ $labels.currency }} than usual in {{ $labels.environment }}",
        description=f"Revenue of the last {BUSINESS_WINDOW} is {{{{ $value | humanize }}}} times that of the same hour "
        "of the weeks before.",
        meaning="More is paid than usual by far: a campaign, or amounts that are charged twice or in the wrong unit.",
        impact="None if it is a campaign; else customers are charged too much.",
        scenarios=(
            Scenario("a hundred times as much", _with_usual(shop, earned(100)), at, labels),
            Scenario("just above the limit", _with_usual(shop, earned(SURGE * 1.02)), at, labels),
            Scenario("just below the limit", _with_usual(shop, earned(SURGE * 0.98)), at),
            Scenario("exactly at the limit", _with_usual(shop, earned(SURGE)), at),
            Scenario("as usual", _with_usual(shop, earned(1)), at),
            Scenario(
                "a hundred times as much, where just enough is usual",
                _with_usual(shop, earned(100), payments=FEWEST_USUAL),
                at,
                labels,
            ),
            Scenario(
                "a hundred times as much, where a little less is usual",
                _with_usual(shop, earned(100), payments=FEWEST_USUAL - 1),
                at,
            ),
            Scenario("not for long enough", _with_usual(shop, earned(100)), REVENUE_PENDING),
            Scenario("for just as long as it takes", _with_usual(shop, earned(100)), 35 * _MINUTE, labels),
            Scenario("a large order", _with_usual(shop, shop.revenue(then("0 0", steady(10 * _USUAL, 120)))), at),
            Scenario(
                "the database is restored",
                _with_usual(shop, shop.revenue(then(rising(_A_MINUTE, 40), rising(_A_MINUTE, 60)))),
                at,
            ),
            Scenario("too little history", (earned(100),), at),
            Scenario("two exporters", (*_with_usual(shop, earned(2)), earned(2, second)), at),
            Scenario(
                "two exporters, one of which cannot read it",
                (*_with_usual(shop, earned(SURGE * 1.2)), earned(0, second)),
                at,
                labels,
            ),
            Scenario("no data", (), at),
        ),
    )


def _of_usual(shop: Shop) -> str:
    revenue, payments = shop.seasons.revenue, shop.seasons.currency_succeeded
    # Usual payments have brought usual revenue: what is divided by is not 0.
    return f"{revenue.now} / ({revenue.usual} and {payments.usual} >= {FEWEST_USUAL})"


def _with_usual(
    shop: Shop, series: InputSeries, payments: float = 600, usual: float = _USUAL
) -> tuple[InputSeries, ...]:
    """Return revenue in ringgit beside that in Singapore dollars, which is as usual, and what is usual in both."""
    of_other = Currency.SGD
    # The hour before the scenario comes as one step, so that its first hour is not a poor one.
    as_usual = f"0 {number(_USUAL / 3)}+{number(_A_MINUTE / 3)}x{FOREVER}"
    ringgit, dollars = {"currency": Currency.MYR.value}, {"currency": of_other.value}
    return (
        series,
        shop.revenue(as_usual, of_other),
        shop.usual(shop.seasons.revenue, usual, **ringgit),
        shop.usual(shop.seasons.revenue, _USUAL / 3, **dollars),
        shop.usual(shop.seasons.currency_succeeded, payments, **ringgit),
        shop.usual(shop.seasons.currency_succeeded, 200, **dollars),
    )
