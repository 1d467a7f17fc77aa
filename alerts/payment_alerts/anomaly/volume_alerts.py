"""The alert on too few payments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.anomaly.limits import FEWEST_USUAL, VOLUME_PENDING
from payment_alerts.anomaly.story import FOREVER, exactly
from payment_alerts.scenario_series import absent, rising, steady, then
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import business
from payment_catalog.incident import IncidentKey
from payment_catalog.promql_text import delayed
from payment_catalog.seasons import SHORT
from payment_catalog.severities import Priority
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import Currency, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_alerts.anomaly.story import Shop
    from payment_catalog.catalog import Catalog

_MINUTE = timedelta(minutes=1)


def payment_volume(catalog: Catalog, shop: Shop) -> tuple[Alert, ...]:
    """Far fewer payments succeed than at this time of the weeks before."""
    season = shop.seasons.succeeded
    usual, a_minute = 300, 10
    labels = (shop.target.job_labels,)

    def made(share: float, minutes: int, by: Shop = shop) -> tuple[InputSeries, ...]:
        """Return payments of two methods and currencies, ``share`` of ten a minute, and failures that do not count."""
        return (
            by.payments(rising(a_minute * 0.3 * share, minutes)),
            by.payments(rising(a_minute * 0.3 * share, minutes), currency=Currency.SGD),
            by.payments(rising(a_minute * 0.4 * share, minutes), PaymentMethod.FPX),
            by.payments(rising(a_minute, minutes), status=PaymentStatus.FAILED),
        )

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (*made(value, minutes), shop.usual(season, usual))

    def scenario(title: str, values: str, at: int, expected: float = usual, *, fires: bool = False) -> Scenario:
        series = (shop.payments(values), shop.usual(season, expected))
        return Scenario(title, series, at * _MINUTE, labels if fires else ())

    payments = f"{business.PAYMENTS}{{{exporter_job(catalog.settings)}}}"
    second = replace(shop, target=shop.target.second)
    known, lasting = SHORT // _MINUTE, VOLUME_PENDING // _MINUTE
    nothing, stopped = steady(5000, FOREVER), then(rising(a_minute, 60), "600+0x90")
    threshold = catalog.settings.threshold(ThresholdKey.PAYMENT_VOLUME)
    limits = [limit for limit in (threshold.warning, threshold.critical) if limit is not None]
    at_limit, of = exactly(max(limits), after=20)
    few, enough = min(limits) * 0.7, min(max(limits) * 1.3, 1)
    more = (
        scenario("exactly at the limit", at_limit, known + lasting + 5, of),
        scenario("nothing is paid any more", nothing, known + lasting + 2, fires=True),
        scenario("nothing is paid, where just enough is usual", nothing, 60, FEWEST_USUAL, fires=True),
        scenario("nothing is paid, where a little less is usual", nothing, 60, FEWEST_USUAL - 1),
        scenario("they stop, for as long as it takes", stopped, 83 + lasting, fires=True),
        scenario("they stopped just now", stopped, 60 + lasting),
        scenario("the database is restored", then(rising(a_minute, 60), rising(a_minute, 60)), 80),
        scenario(
            "the exporter was away for 40 minutes",
            then(rising(a_minute, 40), absent(39), f"800+{a_minute}x60"),
            87,
        ),
        scenario("payments are not counted", absent(FOREVER), 60),
        Scenario("too little history", made(0, 60), 60 * _MINUTE),
        Scenario(
            "one of two exporters cannot read the payments",
            (*made(enough, 60), *made(0, 60, second), shop.usual(season, usual)),
            60 * _MINUTE,
        ),
        Scenario(
            "two exporters tell of few payments",
            (*feed(few, 60), *made(few, 60, second)),
            60 * _MINUTE,
            labels,
        ),
    )
    return ThresholdAlert(
        threshold=threshold,
        expr=f"{season.now} / ({season.usual} >= {FEWEST_USUAL})",
        # When the exporter comes back, the window fills again from nothing.
        provided=f"group by ({JOB}) ({delayed(payments, SHORT)})",
        warning=Level("PaymentVolumeReduced", Priority.P2),
        critical=Level("PaymentVolumeLow", Priority.P1),
        pending=VOLUME_PENDING,
        since=SHORT,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        subject="Payment volume",
        meaning=f"The payments that succeeded in the last {format_duration(SHORT)} are far fewer than at the same time "
        "of the last three weeks: of three the middle one counts, of two the smaller. Either fewer are asked for (the "
        "shop, DNS, the network in front), or fewer succeed. A public holiday looks the same: silence it beforehand.",
        impact="Customers do not pay, or cannot.",
        feed=feed,
        labels=shop.target.job_labels,
        best=1,
        worst=0,
        settled=timedelta(minutes=35),
        also=more,
        summary="Far fewer payments than usual in {{ $labels.environment }}",
    ).alerts()
