"""Alerts on reasons for which payments fail unusually often: on our side, and on the customers'."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.anomaly.limits import CUSTOMERS_REASON_POINTS, FEWEST_FAILURES, OUR_REASON_POINTS
from payment_alerts.anomaly.story import FOREVER
from payment_alerts.scenario_series import rising, steady, then
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.seasons import FEWEST_ENDED, SHORT
from payment_catalog.severities import Priority, Severity
from payment_catalog.vocabulary import FailureReason, LogPattern, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_alerts.anomaly.story import Shop

#: What the customer or the bank decides. Everything else is ours: a reason that is added to the vocabulary as well.
CUSTOMERS_REASONS = (FailureReason.DECLINED, FailureReason.INSUFFICIENT_FUNDS)
OUR_REASONS = tuple(reason for reason in FailureReason if reason not in CUSTOMERS_REASONS)

#: The window smooths already; this outlasts a restart of the gateway or of the service.
_PENDING = timedelta(minutes=10)
_MINUTE = timedelta(minutes=1)
_AT = timedelta(minutes=45)
#: Past the ``for``.
_SOON = timedelta(minutes=15)
_A_MINUTE = 100
_USUAL = 0.02


def failures_on_our_side(shop: Shop) -> Alert:
    """A reason that lies with us or the gateway makes far more payments fail than usual."""
    return Alert(
        name="PaymentFailuresOnOurSide",
        expr=_expr(shop, "!~", OUR_REASON_POINTS),
        pending=_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        logs=LogPattern.PAYMENT_FAILED,
        summary="Far more payments than usual fail in {{ $labels.environment }}: {{ $labels.reason }}",
        description=_description(),
        meaning="Payments fail for a reason that no customer can do anything about: the gateway errs or does not "
        "answer, its circuit breaker is open, or the service was interrupted.",
        impact="Customers who could pay are refused.",
        scenarios=_Story(shop, OUR_REASON_POINTS, OUR_REASONS, CUSTOMERS_REASONS).scenarios(),
    )


def declines(shop: Shop) -> Alert:
    """Customers or their banks refuse far more payments than usual."""
    return Alert(
        name="PaymentDeclinesUnusual",
        expr=_expr(shop, "=~", CUSTOMERS_REASON_POINTS),
        pending=_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        logs=LogPattern.PAYMENT_FAILED,
        summary="Far more payments than usual are refused in {{ $labels.environment }}: {{ $labels.reason }}",
        description=_description(),
        meaning="Banks refuse more than usual: somebody tries stolen cards, a rule of a bank or of the gateway's has "
        "changed, or amounts are wrong.",
        impact="Few payments of good customers at first; many refusals raise the gateway's fees and its suspicion.",
        scenarios=_Story(shop, CUSTOMERS_REASON_POINTS, CUSTOMERS_REASONS, OUR_REASONS).scenarios(),
    )


def _expr(shop: Shop, matches: str, points: float) -> str:
    season, failures = shop.seasons.reason_share, shop.seasons.failures
    matcher = f"reason{matches}{quote('|'.join(CUSTOMERS_REASONS))}"
    return f"{season.now}{{{matcher}}} - {season.usual} > {number(points)} and {failures} >= {FEWEST_FAILURES}"


def _description() -> str:
    return (
        f"Of the payments that ended in the last {format_duration(SHORT)}, {{{{ $value | humanizePercentage }}}} more "
        "than is usual at this time of the week failed with {{ $labels.reason }}."
    )


@dataclass(frozen=True, slots=True)
class _Story:
    """A shop where payments fail for ``reasons``, which the alert is about, or for ``others``; it fires at ``limit``
    above what is usual.
    """

    shop: Shop
    limit: float
    reasons: tuple[FailureReason, ...]
    others: tuple[FailureReason, ...]

    def scenarios(self) -> tuple[Scenario, ...]:
        """Return the scenarios of the alert."""
        first, usual = self.reasons[0], _USUAL
        above, below = usual + self.limit * 1.02, usual + self.limit * 0.98
        second = replace(self.shop, target=self.shop.target.second)
        return (
            *(self._told(f"half fail: {reason}", self._failing(reason, 0.5), reason, _SOON) for reason in self.reasons),
            *(
                self._silent(
                    f"half fail, which is no matter of this alert: {reason}", self._failing(reason, 0.5), _SOON
                )
                for reason in self.others
            ),
            self._told("just above the limit", self._failing(first, above), first),
            self._silent("just below the limit", self._failing(first, below)),
            self._silent(
                "exactly at the limit, where none usually fails",
                self._hasty(first, 1000, round(1000 * self.limit)),
                _SOON,
                usual=0,
            ),
            self._told("as often, where none usually fails", self._failing(first, below), first, usual=0),
            self._told("just enough fail", self._hasty(first, FEWEST_ENDED, FEWEST_FAILURES), first, _SOON),
            self._silent("one less fails", self._hasty(first, FEWEST_ENDED, FEWEST_FAILURES - 1), _SOON),
            self._silent("too few payments end", self._hasty(first, FEWEST_ENDED - 2, FEWEST_ENDED - 2), _SOON),
            self._told("for just as long as it takes", self._failing(first, 0.5), first, _PENDING + 3 * _MINUTE),
            self._silent("not for long enough", self._failing(first, 0.5), _PENDING),
            self._silent("half an hour of failures is past", self._past(first), timedelta(minutes=65)),
            self._told("while the database is restored", self._restored(first, 0.5), first),
            self._silent("nothing special while the database is restored", self._restored(first, usual)),
            self._silent(
                "two exporters tell of few", (*self._failing(first, below), *self._failing(first, below, second))
            ),
            self._told(
                "one of two exporters cannot read it", (*self._failing(first, above), *self._idle(first, second)), first
            ),
            self._told("all is well elsewhere", (*self._failing(first, above), *self._elsewhere(first)), first),
            Scenario("too little history", self._failing(first, 0.5), _SOON),
            Scenario("no data", (), _SOON),
        )

    def _failing(self, reason: FailureReason, share: float, by: Shop | None = None) -> tuple[InputSeries, ...]:
        """Return payments by two methods that end, and ``share`` of all fail for ``reason``."""
        shop = by or self.shop
        good, failed = (rising(_A_MINUTE * part / 2, FOREVER) for part in (1 - share, share))
        return (
            *(shop.payments(good, method) for method in (PaymentMethod.CARD, PaymentMethod.FPX)),
            *(
                shop.payments(failed, method, PaymentStatus.FAILED)
                for method in (PaymentMethod.CARD, PaymentMethod.FPX)
            ),
            shop.failures(reason, rising(_A_MINUTE * share, FOREVER)),
        )

    def _hasty(self, reason: FailureReason, ended: int, failed: int) -> tuple[InputSeries, ...]:
        """Return payments that end within one minute."""
        return (
            self.shop.payments(then("0 0", steady(ended - failed, 60))),
            self.shop.payments(then("0 0", steady(failed, 60)), status=PaymentStatus.FAILED),
            self.shop.failures(reason, then("0 0", steady(failed, 60))),
        )

    @staticmethod
    def _idle(reason: FailureReason, by: Shop) -> tuple[InputSeries, ...]:
        return (
            by.payments(steady(5, FOREVER)),
            by.payments(steady(5, FOREVER), status=PaymentStatus.FAILED),
            by.failures(reason, steady(5, FOREVER)),
        )

    def _elsewhere(self, reason: FailureReason) -> tuple[InputSeries, ...]:
        target = self.shop.target
        others = (replace(target, environment="another"), replace(target, namespace="another"))
        return tuple(
            series for other in others for series in self._failing(reason, _USUAL, replace(self.shop, target=other))
        )

    def _past(self, reason: FailureReason) -> tuple[InputSeries, ...]:
        return (
            self.shop.payments(rising(_A_MINUTE, 90)),
            self.shop.payments(then(rising(_A_MINUTE, 30), steady(30 * _A_MINUTE, 60)), status=PaymentStatus.FAILED),
            self.shop.failures(reason, then(rising(_A_MINUTE, 30), steady(30 * _A_MINUTE, 60))),
        )

    def _restored(self, reason: FailureReason, share: float) -> tuple[InputSeries, ...]:
        def again(a_minute: float) -> str:
            return then(rising(a_minute, 30), rising(a_minute, 45))

        return (
            self.shop.payments(again(_A_MINUTE * (1 - share))),
            self.shop.payments(again(_A_MINUTE * share), status=PaymentStatus.FAILED),
            self.shop.failures(reason, again(_A_MINUTE * share)),
        )

    def _told(
        self,
        title: str,
        series: tuple[InputSeries, ...],
        reason: FailureReason,
        at: timedelta = _AT,
        usual: float = _USUAL,
    ) -> Scenario:
        labels = {**self.shop.target.job_labels, "reason": reason.value}
        return replace(self._silent(title, series, at, usual), firing=(labels,))

    def _silent(
        self, title: str, series: tuple[InputSeries, ...], at: timedelta = _AT, usual: float = _USUAL
    ) -> Scenario:
        season = self.shop.seasons.reason_share
        known = tuple(self.shop.usual(season, usual, reason=reason.value) for reason in FailureReason)
        return Scenario(title, (*series, *known), at)
