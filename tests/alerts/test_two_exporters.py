"""Business figures are the database's: a second exporter beside the first one doubles nothing."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from payment_alerts.tool import find_tool
from payment_catalog.catalog import build_catalog
from payment_catalog.exporter_metrics import business
from payment_catalog.settings import Settings
from payment_catalog.vocabulary import Currency, FailureReason, PaymentMethod, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.metric import Metric

SETTINGS = Settings()
CATALOG = build_catalog(SETTINGS)
#: A minute's step of each counter; between two steps no window's edge meets a sample.
STEP = 100
EVALUATED_AT = "2h30s"


def series(metric: Metric, instance: str, values: str, **labels: str) -> dict[str, str]:
    target = {"environment": "production", "namespace": SETTINGS.namespace, "job": SETTINGS.exporter}
    matchers = ", ".join(f'{name}="{value}"' for name, value in {**target, "instance": instance, **labels}.items())
    return {"series": f"{metric}{{{matchers}}}", "values": values}


def exporter(instance: str) -> list[dict[str, str]]:
    rising = f"0+{STEP}x180"
    myr = Currency.MYR.value
    paid = {"method": PaymentMethod.CARD.value, "status": PaymentStatus.SUCCEEDED.value, "currency": myr}
    return [
        series(business.REVENUE, instance, rising, currency=myr),
        series(business.CURRENCY_MINOR_UNITS, instance, "100x180", currency=myr),
        series(business.PAYMENTS, instance, rising, **paid),
        series(business.FAILURES, instance, rising, reason=FailureReason.DECLINED.value),
        series(business.REFUNDS, instance, rising, status=RefundStatus.SUCCEEDED.value, currency=myr),
    ]


@pytest.mark.parametrize("instances", [("one:9877",), ("one:9877", "two:9877")], ids=["one", "two"])
@pytest.mark.parametrize(
    ("signal", "labels", "value"),
    [
        ("revenue_per_hour", f'{{currency="{Currency.MYR}"}}', STEP * 60 / 100),
        ("payment_methods", f'{{method="{PaymentMethod.CARD}"}}', STEP * 60),
        ("failed_transactions", f'{{reason="{FailureReason.DECLINED}"}}', STEP * 60),
    ],
)
def test_the_figures_of_the_last_hour(
    tmp_path: Path, instances: tuple[str, ...], signal: str, labels: str, value: float
) -> None:
    expected = {
        "expr": CATALOG.signal(signal).expr,
        "eval_time": EVALUATED_AT,
        "exp_samples": [{"labels": labels, "value": value}],
    }
    check(tmp_path, instances, expected)


@pytest.mark.parametrize("instances", [("one:9877",), ("one:9877", "two:9877")], ids=["one", "two"])
def test_the_recorded_parts_of_the_refund_rate(tmp_path: Path, instances: tuple[str, ...]) -> None:
    for recording in CATALOG.signal("refund_ratio").recordings:
        labels = f'{{environment="production", job="{SETTINGS.exporter}", namespace="{SETTINGS.namespace}"}}'
        sample = {"labels": labels, "value": STEP / 60}
        check(tmp_path, instances, {"expr": recording.expr, "eval_time": EVALUATED_AT, "exp_samples": [sample]})


def check(directory: Path, instances: tuple[str, ...], expected: dict[str, object]) -> None:
    file = directory / "test.yaml"
    inputs = [found for instance in instances for found in exporter(instance)]
    test = {"interval": "1m", "input_series": inputs, "promql_expr_test": [expected]}
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}), encoding="utf-8")
    result = subprocess.run(
        [find_tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True, timeout=30, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
