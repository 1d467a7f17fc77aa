"""What is usual at this time of the week: business figures, and the same ones of the weeks before.

A figure is recorded as it is now, picked again where it is one, two and three weeks old (``before``), and of those the
middle one is ``usual``. Three weeks are asked and two must answer:

- With three, one odd week (a holiday, a campaign, an outage, an hour without Prometheus) changes nothing.
- With two, the one counts that speaks against an alarm: the smaller where little is bad, else the larger.
- With fewer nothing is usual, and what compares with it is silent: for two weeks after the rules are first loaded,
  or where Prometheus keeps less. Its default of 15 days holds two weeks; three need
  ``--storage.tsdb.retention.time`` of 22 days or more.

A week is 168 hours. Where clocks change, most of the weeks before are an hour off by local time until two weeks later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.exporter_metrics import business
from payment_catalog.promql import quote
from payment_catalog.signal import RecordingRule
from payment_catalog.signals import BUSINESS_WINDOW, JOB, business_change
from payment_catalog.thresholds import Side
from payment_catalog.vocabulary import PaymentStatus

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

WEEK = timedelta(weeks=1)
#: How many weeks back; the label ``week`` of ``before`` counts them from 1.
WEEKS = (1, 2, 3)
#: Short enough to tell of a stop within the hour, long enough that a small shop's figures do not jump.
SHORT = timedelta(minutes=30)
#: Payments of ``SHORT`` of which a share is taken: of fewer, one or two would decide.
FEWEST_ENDED = 30

BY_METHOD = f"{JOB}, method"
BY_CURRENCY = f"{JOB}, currency"
BY_REASON = f"{JOB}, reason"


@dataclass(frozen=True, slots=True)
class Season:
    """A figure ``now``, with the labels ``by``, and what is usual for it; ``bad`` tells on which side alarm lies."""

    now: RecordingRule
    by: str
    bad: Side

    @property
    def before(self) -> RecordingRule:
        """The figure at the same time of earlier weeks, told apart by the label ``week``."""
        weeks = (
            f'label_replace({self.now} offset {format_duration(WEEK * week)}, "week", {quote(str(week))}, "", "")'
            for week in WEEKS
        )
        return RecordingRule(f"{self.now}_before", " or ".join(weeks))

    @property
    def usual(self) -> RecordingRule:
        """The middle of three weeks, the harmless one of two, nothing of fewer."""
        pick, of = ("min", "topk") if self.bad is Side.BELOW else ("max", "bottomk")
        return RecordingRule(
            f"{self.now}_usual",
            f"{pick} by ({self.by}) ({of} by ({self.by}) (2, {self.before})) "
            f"and count by ({self.by}) ({self.before}) >= 2",
        )


@dataclass(frozen=True, slots=True)
class BusinessSeasons:
    """The figures that have a season.

    Payments are counts over ``SHORT``, revenue and the payments that brought it are of an hour. Shares are those of
    the payments that succeeded or failed, where at least ``FEWEST_ENDED`` did: of the method's, and of all.
    """

    succeeded: Season
    method_succeeded: Season
    method_failure_share: Season
    reason_share: Season
    revenue: Season
    currency_succeeded: Season
    method_failed: RecordingRule
    failures: RecordingRule

    @property
    def payment_figures(self) -> tuple[RecordingRule, ...]:
        """What is recorded of payments now, each rule after those that it reads."""
        return (
            self.method_succeeded.now,
            self.method_failed,
            self.succeeded.now,
            self.method_failure_share.now,
            self.failures,
            self.reason_share.now,
        )

    @property
    def revenue_figures(self) -> tuple[RecordingRule, ...]:
        """What is recorded of revenue now, and of the payments that brought it."""
        return self.revenue.now, self.currency_succeeded.now

    @property
    def history(self) -> tuple[RecordingRule, ...]:
        """What is recorded of the weeks before, each rule after those that it reads."""
        seasons = (
            self.succeeded,
            self.method_succeeded,
            self.method_failure_share,
            self.reason_share,
            self.revenue,
            self.currency_succeeded,
        )
        return tuple(rule for season in seasons for rule in (season.before, season.usual))


def business_seasons(settings: Settings) -> BusinessSeasons:
    """Return the figures as they are recorded for ``settings``."""
    short = format_duration(SHORT)

    def payments(status: PaymentStatus, window: str) -> str:
        return business_change(settings, "increase", business.PAYMENTS, status, window)

    succeeded = RecordingRule(
        f"job_method:business_payments_succeeded:increase{short}",
        f"sum by ({BY_METHOD}) ({payments(PaymentStatus.SUCCEEDED, short)})",
    )
    failed = RecordingRule(
        f"job_method:business_payments_failed:increase{short}",
        f"sum by ({BY_METHOD}) ({payments(PaymentStatus.FAILED, short)})",
    )
    failures = RecordingRule(
        f"job_reason:business_payment_failures:increase{short}",
        business_change(settings, "increase", business.FAILURES, window=short),
    )
    all_succeeded = RecordingRule(f"job:business_payments_succeeded:increase{short}", f"sum by ({JOB}) ({succeeded})")
    method_failure_share = RecordingRule(
        f"job_method:business_payments_failed:ratio{short}",
        f"{failed} / ({succeeded} + {failed} >= {FEWEST_ENDED})",
    )
    reason_share = RecordingRule(
        f"job_reason:business_payment_failures:ratio{short}",
        f"{failures} / on ({JOB}) group_left () (sum by ({JOB}) ({succeeded} + {failed}) >= {FEWEST_ENDED})",
    )
    revenue = RecordingRule(
        f"job_currency:business_revenue_minor_units:increase{BUSINESS_WINDOW}",
        business_change(settings, "increase", business.REVENUE),
    )
    currency_succeeded = RecordingRule(
        f"job_currency:business_payments_succeeded:increase{BUSINESS_WINDOW}",
        f"sum by ({BY_CURRENCY}) ({payments(PaymentStatus.SUCCEEDED, BUSINESS_WINDOW)})",
    )
    return BusinessSeasons(
        succeeded=Season(all_succeeded, JOB, Side.BELOW),
        method_succeeded=Season(succeeded, BY_METHOD, Side.BELOW),
        method_failure_share=Season(method_failure_share, BY_METHOD, Side.ABOVE),
        reason_share=Season(reason_share, BY_REASON, Side.ABOVE),
        revenue=Season(revenue, BY_CURRENCY, Side.BELOW),
        currency_succeeded=Season(currency_succeeded, BY_CURRENCY, Side.BELOW),
        method_failed=failed,
        failures=failures,
    )
