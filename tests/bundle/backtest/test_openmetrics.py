"""Series as OpenMetrics text."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from payment_bundle.backtest.openmetrics import time_texts, write
from payment_bundle.backtest.series import Series

MOMENTS = np.array([1_767_571_200_000, 1_767_571_230_000, 1_767_571_260_250])


def text(*series: Series, moments: np.ndarray[tuple[int], np.dtype[np.int64]] = MOMENTS) -> str:
    file = BytesIO()
    write(file, series, time_texts(moments))
    return file.getvalue().decode()


def test_integers_are_written_as_such_and_what_was_not_scraped_is_left_out() -> None:
    assert text(Series("suspicious_api_calls", {"job": "a"}, np.array([1, math.nan, 3e9]))) == (
        "# TYPE suspicious_api_calls unknown\n"
        'suspicious_api_calls{job="a"} 1 1767571200\n'
        'suspicious_api_calls{job="a"} 3000000000 1767571260.250\n'
        "# EOF\n"
    )


def test_families_stay_together() -> None:
    values = np.ones(3)
    written = text(Series("a", {"x": "1"}, values), Series("b", {}, values), Series("a", {"x": "2"}, values))
    assert written.count("# TYPE") == 2
    assert written.index('x="2"') < written.index("# TYPE b")


def test_every_number_and_label_comes_back() -> None:
    numbers = np.random.default_rng(1).normal(0, 1e5, 10_000)
    moments = MOMENTS[0] + 1000 * np.arange(numbers.size)
    labels = {"job": 'a "quoted"\\ text\nof two lines', "le": "+Inf"}
    (family,) = text_string_to_metric_families(text(Series("a:b:rate5m", labels, numbers), moments=moments))
    assert [sample.value for sample in family.samples] == numbers.tolist()
    assert all(sample.labels == labels for sample in family.samples)
    assert [float(sample.timestamp) for sample in family.samples] == (moments / 1000).tolist()


def test_infinity_is_a_number() -> None:
    written = text(Series("a", {}, np.array([math.inf, -math.inf, 0.5])))
    assert [line.split()[1] for line in written.splitlines()[1:-1]] == ["+Inf", "-Inf", "0.5"]
