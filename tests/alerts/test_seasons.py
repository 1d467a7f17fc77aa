"""What is usual at this time of the week: which of the weeks before counts, and that every change of it is noticed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from payment_alerts.mutation.mutants import mutate_recording
from payment_alerts.promtool import Promtool
from payment_alerts.scenario_series import absent, exporter_target, selector, then
from payment_alerts.tool import TIMEOUT, Result, run_tool
from payment_catalog.catalog import build_catalog
from payment_catalog.exporter_metrics import business
from payment_catalog.promql import parse
from payment_catalog.promql_text import write
from payment_catalog.seasons import WEEK, WEEKS, business_seasons
from payment_catalog.settings import Settings
from payment_catalog.thresholds import Side
from payment_catalog.vocabulary import Currency, FailureReason, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_catalog.seasons import Season

Written = Callable[[Settings], Path]

CATALOG = build_catalog(Settings())
TARGET = exporter_target(CATALOG.settings)
SEASONS = business_seasons(CATALOG.settings)
BELOW, ABOVE = SEASONS.method_succeeded, SEASONS.method_failure_share
BY_SIDE = pytest.mark.parametrize("season", [BELOW, ABOVE], ids=["little is bad", "much is bad"])

#: The figure three, two and one weeks ago, and now; then what is usual where little is bad, and where much is.
HISTORIES: dict[str, tuple[str, float | None, float | None]] = {
    "it grows": ("100 200 300 999", 200, 200),
    "it falls": ("300 200 100 999", 200, 200),
    "a holiday two weeks ago": ("200 0 210 999", 200, 200),
    "a campaign last week": ("200 210 5000 999", 210, 210),
    "always the same": ("70 70 70 999", 70, 70),
    "nothing three weeks ago": ("_ 100 300 999", 100, 300),
    "nothing two weeks ago": ("100 _ 300 999", 100, 300),
    "nothing last week": ("300 100 _ 999", 100, 300),
    "last week only": ("_ _ 300 999", None, None),
    "two weeks ago only": ("_ 300 _ 999", None, None),
    "three weeks ago only": ("300 _ _ 999", None, None),
    "now only": ("_ _ _ 999", None, None),
    "nothing now": ("100 200 300 _", 200, 200),
}


def wanted(season: Season, history: str) -> float | None:
    _, below, above = HISTORIES[history]
    return below if season.bad is Side.BELOW else above


def labels(environment: str, method: PaymentMethod) -> dict[str, str]:
    return {**TARGET.job_labels, "environment": environment, "method": method.value}


SHOPS = (
    labels("production", PaymentMethod.CARD),
    labels("production", PaymentMethod.FPX),
    labels("staging", PaymentMethod.CARD),
    {**labels("production", PaymentMethod.CARD), "job": "other"},
    {**labels("production", PaymentMethod.CARD), "namespace": "other"},
)


def promtool(directory: Path, rules: list[dict[str, str]], tests: list[dict[str, object]]) -> Result:
    (directory / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "seasons", "rules": rules}]}))
    content = {"rule_files": ["rules.yaml"], "evaluation_interval": "1w", "tests": tests}
    (directory / "tests.yaml").write_text(yaml.safe_dump(content))
    return run_tool((Promtool().binary, "test", "rules", str(directory / "tests.yaml")), TIMEOUT)


def weekly(season: Season, history: str, names: list[str]) -> dict[str, object]:
    """Return the unit test that ``history``, with a sample a week, makes each of ``names`` what is wanted.

    Every shop has the same history, so that one that is mixed up with another shows by its labels or its number.
    """
    values, *_ = HISTORIES[history]
    value = wanted(season, history)
    samples = [] if value is None else [{"labels": selector("NAME", shop), "value": value} for shop in SHOPS]
    return {
        "name": history,
        "interval": "1w",
        "input_series": [{"series": selector(season.now.record, shop), "values": values} for shop in SHOPS],
        "promql_expr_test": [
            {
                "expr": name,
                "eval_time": f"{len(WEEKS)}w",
                "exp_samples": [
                    {**sample, "labels": str(sample["labels"]).replace("NAME", name)} for sample in samples
                ],
            }
            for name in names
        ],
    }


@BY_SIDE
@pytest.mark.parametrize("history", HISTORIES)
def test_the_middle_of_three_weeks_the_harmless_one_of_two(tmp_path: Path, season: Season, history: str) -> None:
    rules = [{"record": rule.record, "expr": rule.expr} for rule in (season.before, season.usual)]
    result = promtool(tmp_path, rules, [weekly(season, history, [season.usual.record])])
    assert result.code == 0, result.output


@BY_SIDE
def test_every_change_of_what_is_usual_is_noticed(tmp_path: Path, season: Season) -> None:
    rules, names = [], {}
    before, usual = season.before, season.usual
    for rule in (before, usual):
        for mutant in mutate_recording(rule).mutants:
            mark = f"_mutant{len(names)}"
            exprs = {found: mutant.expr if found is rule else found.expr for found in (before, usual)}
            renamed = {before.record: f"{before.record}{mark}"}
            rules += [
                {"record": f"{found.record}{mark}", "expr": write(parse(expr), renamed)}
                for found, expr in exprs.items()
            ]
            names[f"{usual.record}{mark}"] = mutant
    result = promtool(tmp_path, rules, [weekly(season, history, list(names)) for history in HISTORIES])
    noticed = set(re.findall(r'expr: "([\w:]+_mutant\d+)"', result.output))
    survivors = {mutant.change for name, mutant in names.items() if name not in noticed}
    assert len(names) > 30
    # One is picked of whole weeks: nothing lies between one and two, or between two and three.
    assert survivors <= {"2 -> 2.2", "2 -> 1.8"}


def week(story: str, minutes: int = 180) -> str:
    """Return what happens in the first hours of a week, and no sample until the next."""
    return f"{story} {absent(WEEK // (WEEK / 10_080) - minutes)}"


def fired(directory: Path, series: dict[str, str], expected: dict[str, set[str]]) -> None:
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": at,
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(names)],
            }
            for at, names in expected.items()
        ],
    }
    files = [f"prometheus/rules/{name}.yaml" for name in ("anomalies", "revenue-anomalies", "seasons")]
    content = {
        "rule_files": files,
        "evaluation_interval": "15m",
        # Else the alerts may look first, and what is usual is 15 minutes old: too old to be seen.
        "group_eval_order": ["payment-seasons", "payment-anomalies", "payment-revenue-anomalies"],
        "tests": [test],
    }
    (directory / "weeks.yaml").write_text(yaml.safe_dump(content))
    result = run_tool((Promtool().binary, "test", "rules", str(directory / "weeks.yaml")), TIMEOUT)
    assert result.code == 0, result.output


def counters(*weeks: tuple[float, float]) -> dict[str, str]:
    """Return a shop's counters over weeks, of which each has three hours, of which the first goes well.

    In the second and third hour, cards and FPX bring that share of what they do in the first; FPX fails for the
    rest, half of it refused and half for the gateway's sake. GrabPay goes on in Singapore dollars, of which an hour
    brings so many times the revenue.
    """

    def counter(metric: object, early: float, late: list[float], **more: str) -> tuple[str, str]:
        parts, total = [], 0.0
        for rate in late:
            middle = total + 60 * early
            parts.append(week(f"{total}+{early}x59 {middle}+{rate}x119"))
            total = middle + 120 * rate
        return selector(str(metric), {**TARGET.instance_labels, **more}), then(*parts)

    share, times = ([one[index] for one in weeks] for index in (0, 1))
    card, fpx, wallet = PaymentMethod.CARD.value, PaymentMethod.FPX.value, PaymentMethod.GRABPAY.value
    good, bad = PaymentStatus.SUCCEEDED.value, PaymentStatus.FAILED.value
    ringgit, dollars = Currency.MYR.value, Currency.SGD.value
    refused, gateway = FailureReason.DECLINED.value, FailureReason.GATEWAY_ERROR.value
    missing = [10 * (1 - one) for one in share]
    half = [one / 2 for one in missing]
    paid, failed = business.PAYMENTS, business.FAILURES
    return dict(
        (
            counter(paid, 10, [10 * one for one in share], method=card, status=good, currency=ringgit),
            counter(paid, 10, [10 * one for one in share], method=fpx, status=good, currency=ringgit),
            counter(paid, 2, [2] * len(weeks), method=wallet, status=good, currency=dollars),
            counter(paid, 0, missing, method=fpx, status=bad, currency=ringgit),
            counter(failed, 0, half, reason=refused),
            counter(failed, 0, half, reason=gateway),
            counter(business.REVENUE, 1000, [1000 * one for one in share], currency=ringgit),
            counter(business.REVENUE, 100, [100 * one for one in times], currency=dollars),
        )
    )


@pytest.fixture
def rules(written: Written) -> Path:
    return written(Settings())


ALL = {
    "PaymentVolumeLow",
    "RevenueLow",
    "RevenueSurge",
    "PaymentMethodDown",
    "PaymentMethodFailing",
    "PaymentFailuresOnOurSide",
    "PaymentDeclinesUnusual",
}


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ([(1, 1), (1, 1), (0, 100)], {"1w2h30m": set(), "2w1h": set(), "2w2h30m": ALL}),
        ([(1, 1), (0, 1), (0, 1)], {"1w2h30m": set(), "2w2h30m": set()}),
    ],
    ids=["the third week is not like the others", "the second week is already as bad as the third"],
)
def test_weeks_from_the_counters_to_the_alerts(
    rules: Path, weeks: list[tuple[float, float]], expected: dict[str, set[str]]
) -> None:
    fired(rules, counters(*weeks), expected)
