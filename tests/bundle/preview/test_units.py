"""Values as Grafana writes them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from payment_bundle.preview.field_config import FieldOptions
from payment_bundle.preview.ticks import value_axis
from payment_bundle.preview.units import format_value

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MS = NOW.timestamp() * 1000


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0.0123, "percentunit", None, "1.23%"),
        (0.9991, "percentunit", 2, "99.91%"),
        (42, "percent", None, "42%"),
        (0, "s", None, "0 s"),
        (0.00025, "s", None, "250 µs"),
        (0.2, "s", None, "200 ms"),
        (1.5, "s", None, "1.50 s"),
        (90, "s", None, "1.50 min"),
        (7200, "s", None, "2 hour"),
        (172800, "s", None, "2 day"),
        (250, "ms", None, "250 ms"),
        (1500, "ms", None, "1.50 s"),
        (1536, "bytes", None, "1.50 KiB"),
        (3e9, "bytes", None, "2.79 GiB"),
        (2_500_000, "Bps", None, "2.50 MB/s"),
        (1234, "reqps", None, "1.23K req/s"),
        (0.5, "ops", None, "0.500 ops/s"),
        (1500, "short", None, "1.50 K"),
        (12, "short", None, "12"),
        (1_234_567, "locale", None, "1,234,567"),
        (1_234_567.891, "locale", 2, "1,234,567.89"),
        (3, "none", None, "3"),
        (-0.0001, "short", 2, "0.00"),
        (MS - 86_400_000, "dateTimeAsIso", None, "2026-11-24 12:00:00"),
        (MS - 300_000, "dateTimeFromNow", None, "5 minutes ago"),
        (MS - 3_600_000, "dateTimeFromNow", None, "1 hour ago"),
        (MS + 86_400_000, "dateTimeFromNow", None, "in 1 day"),
        (7, "suffix: tasks", None, "7 tasks"),
        (math.nan, "s", None, "NaN"),
        (math.inf, "s", None, "+Inf"),
        (None, "s", None, ""),
    ],
)
def test_values(value: float | None, unit: str, decimals: int | None, text: str) -> None:
    assert format_value(value, unit, decimals, NOW) == text


@pytest.mark.parametrize(
    ("values", "options", "marks"),
    [
        ((0, 0.018), {"unit": "percentunit"}, ["0%", "0.5%", "1%", "1.5%", "2%"]),
        ((0, 0.18), {"unit": "s"}, ["0 s", "50 ms", "100 ms", "150 ms", "200 ms"]),
        ((0, 300), {"unit": "s"}, ["0 s", "1 min", "2 min", "3 min", "4 min", "5 min"]),
        ((0, 5_000_000), {"unit": "bytes"}, ["0 B", "1 MiB", "2 MiB", "3 MiB", "4 MiB", "5 MiB"]),
        ((3, 3), {"unit": "short", "min": 0}, ["0", "1", "2", "3"]),
        ((0.2,), {"unit": "percentunit", "min": 0, "max": 1}, ["0%", "20%", "40%", "60%", "80%", "100%"]),
        ((2, 3), {"custom": {"axisSoftMin": 0, "axisSoftMax": 10}}, ["0", "2", "4", "6", "8", "10"]),
        ((1, 900), {"custom": {"scaleDistribution": {"type": "log", "log": 10}}}, ["1", "10", "100", "1000"]),
        ((), {"unit": "short"}, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
    ],
)
def test_axes_have_round_marks(values: tuple[float, ...], options: dict[str, object], marks: list[str]) -> None:
    axis = value_axis(values, FieldOptions.model_validate(options))
    assert [text for _, text in axis.marks] == marks
