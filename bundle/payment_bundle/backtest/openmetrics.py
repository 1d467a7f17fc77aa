"""Series as OpenMetrics text, which promtool makes blocks from."""

from __future__ import annotations

import math
from itertools import compress
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import orjson

from payment_catalog.promql import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series

#: Lines that are put together at once: as many as stay in the processor's cache.
_LINES = 4096
#: Below it every integer is a float.
_EXACT = 2.0**53
_INFINITE = {math.inf: b"+Inf", -math.inf: b"-Inf"}


def time_texts(moments: NDArray[np.int64]) -> list[bytes]:
    """Return Unix times in milliseconds as the ends of lines, in seconds as the format has them."""
    return [_time_text(*divmod(moment, 1000)) for moment in moments.tolist()]


def write(file: BinaryIO, series: Sequence[Series], times: Sequence[bytes]) -> None:
    """Write ``series``, whose values lie at ``times``; where a value is NaN there is no sample.

    The type is always unknown: blocks keep no types, and it takes every name, such as those of recorded series and of
    a histogram's parts.
    """
    name = ""
    for one in sorted(series, key=lambda one: one.name):
        if one.name != name:
            name = one.name
            file.write(f"# TYPE {name} unknown\n".encode())
        _write_samples(file, one, times)
    file.write(b"# EOF\n")


def _write_samples(file: BinaryIO, series: Series, times: Sequence[bytes]) -> None:
    present = ~np.isnan(series.values)
    values = series.values[present]
    if len(values) < len(times):
        times = tuple(compress(times, present.tolist()))
    begin = f"{series.name}{_labels(series.labels)} ".encode()
    between = b"\n" + begin
    for first in range(0, len(values), _LINES):
        lines = map(add, _texts(values[first : first + _LINES]), times[first : first + _LINES])
        file.write(begin + between.join(lines) + b"\n")


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{name}={quote(value)}" for name, value in labels.items()) + "}"


def _texts(values: NDArray[np.float64]) -> list[bytes]:
    """Return numbers in the shortest form that means the same, integers without a point."""
    if not np.isfinite(values).all():
        return [_INFINITE.get(value) or repr(value).encode() for value in values.tolist()]
    integers = bool(np.all(np.trunc(values) == values) and np.all(np.abs(values) < _EXACT))
    written = np.ascontiguousarray(values, dtype=np.int64 if integers else np.float64)
    return orjson.dumps(written, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")


def _time_text(seconds: int, milliseconds: int) -> bytes:
    return b" %d.%03d" % (seconds, milliseconds) if milliseconds else b" %d" % seconds
