"""Expressions as they were a while ago."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_catalog.promql_text import delayed


@pytest.mark.parametrize(
    ("expression", "before"),
    [
        ("up", "up offset 5m"),
        ('a{x="}"} / (b > 0)', 'a{x="}"} offset 5m / (b offset 5m > 0)'),
        ("sum by (job) (rate(a[5m]))", "sum by (job) (rate(a[5m] offset 5m))"),
        ("histogram_quantile(0.95, a) - sum (b)", "histogram_quantile(0.95, a offset 5m) - sum(b offset 5m)"),
        ("1", "1"),
    ],
)
def test_every_series_is_looked_at_as_it_was(expression: str, before: str) -> None:
    assert delayed(expression, timedelta(minutes=5)) == before


def test_what_looks_back_already_is_refused() -> None:
    with pytest.raises(ValueError, match="looks back already"):
        delayed("a + b offset 1h", timedelta(minutes=5))
