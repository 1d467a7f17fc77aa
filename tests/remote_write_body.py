"""The body of a request of Prometheus' remote write (version 1), made of simulated series.

The protocol buffers are those of prometheus/prompb: WriteRequest (1: TimeSeries), TimeSeries (1: Label, 2: Sample),
Label (1: name, 2: value), Sample (1: double, 2: milliseconds). Snappy's block format allows text that is not
compressed.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series

#: What Prometheus sends where a series ends: one of the many numbers that are none.
_STALE = np.uint64(0x7FF0000000000002).view(np.float64)
_SAMPLE_BYTES = 18


def body(series: Iterable[Series], moments: NDArray[np.int64]) -> bytes:
    """Return ``series``, whose values lie at ``moments`` (Unix times in milliseconds); NaN is no sample."""
    return _snappy(b"".join(_field(1, _time_series(one, moments)) for one in series))


def _time_series(series: Series, moments: NDArray[np.int64]) -> bytes:
    labels = sorted({"__name__": series.name, **series.labels}.items())
    present = ~np.isnan(series.values)
    ends = np.concatenate(([False], present[:-1] & ~present[1:]))
    values = np.where(ends, _STALE, series.values)
    written = present | ends
    return b"".join(_label(*label) for label in labels) + _samples(values[written], moments[written])


def _label(name: str, value: str) -> bytes:
    return _field(1, _field(1, name.encode()) + _field(2, value.encode()))


def _samples(values: NDArray[np.float64], moments: NDArray[np.int64]) -> bytes:
    """Return all samples at once: each is as long as the others, as a time has six bytes until the year 2109."""
    rows = np.empty((values.size, _SAMPLE_BYTES), dtype=np.uint8)
    rows[:, 0:3] = (0x12, _SAMPLE_BYTES - 2, 0x09)
    rows[:, 3:11] = values.astype("<f8").view(np.uint8).reshape(-1, 8)
    rows[:, 11] = 0x10
    for position in range(6):
        rows[:, 12 + position] = (moments >> 7 * position) & 0x7F | (0x80 if position < 5 else 0)
    return rows.tobytes()


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _snappy(text: bytes) -> bytes:
    return _varint(len(text)) + (b"\xfc" + struct.pack("<I", len(text) - 1) + text if text else b"")
