"""Values as Grafana's units write them (packages/grafana-data/src/valueFormats)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi")
_DECIMAL = ("", "k", "M", "G", "T", "P")
_SHORT = ("", " K", " Mil", " Bil", " Tri", " Quadr")
_COUNT = ("", "K", "M", "B", "T")
#: Below how many seconds → seconds of the unit, and its suffix.
_TIMES = (
    (1e-6, 1e-9, " ns"),
    (1e-3, 1e-6, " µs"),
    (1, 1e-3, " ms"),
    (60, 1, " s"),
    (3600, 60, " min"),
    (86400, 3600, " hour"),
    (604800, 86400, " day"),
    (31536000, 604800, " week"),
    (math.inf, 31536000, " year"),
)
_AGO = ((60, 1, "second"), (3600, 60, "minute"), (86400, 3600, "hour"), (math.inf, 86400, "day"))
_MOST_DECIMALS = 15


@dataclass(frozen=True, slots=True)
class Scaled:
    """A number in a unit that suits its size; ``factor`` is how much one of that unit is."""

    number: float
    factor: float
    suffix: str


def format_value(value: float | None, unit: str, decimals: int | None = None, now: datetime | None = None) -> str:
    """Return ``value`` in ``unit``; ``decimals`` as Grafana chooses them where they are not given."""
    if value is None or math.isnan(value):
        return "NaN" if value is not None else ""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if unit in _MOMENTS:
        return _MOMENTS[unit](value, now or datetime.now(UTC))
    prefix, unit = (unit.removeprefix("prefix:"), "") if unit.startswith("prefix:") else ("", unit)
    scaled = scale(value, unit)
    number = _fixed(scaled.number, decimals, grouped=unit == "locale")
    return f"{prefix}{number}{scaled.suffix}"


def scale(value: float, unit: str) -> Scaled:
    """Return ``value`` in the multiple of ``unit`` in which it is easiest to read."""
    if unit.startswith("suffix:"):
        return Scaled(value, 1, unit.removeprefix("suffix:"))
    scaler = _SCALERS.get(unit)
    return scaler(value) if scaler else Scaled(value, 1, "")


def plain_decimals(numbers: list[float]) -> int:
    """Return how many decimals write every one of ``numbers`` exactly, or nearly so."""
    return next(
        (
            decimals
            for decimals in range(_MOST_DECIMALS)
            if all(abs(round(number, decimals) - number) <= 1e-6 * max(abs(number), 1e-9) for number in numbers)
        ),
        _MOST_DECIMALS,
    )


def _fixed(number: float, decimals: int | None, *, grouped: bool) -> str:
    places = _automatic_decimals(number) if decimals is None else max(decimals, 0)
    text = f"{number:,.{places}f}" if grouped else f"{number:.{places}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def _automatic_decimals(number: float) -> int:
    """Return Grafana's choice (getDecimalsForValue): about three digits that matter."""
    if number == 0 or number == int(number):
        return 0
    exponent = math.floor(math.log10(abs(number)))
    return min(max(2 - exponent, 0), _MOST_DECIMALS)


def _powers(base: float, suffixes: tuple[str, ...], unit: str = "") -> Callable[[float], Scaled]:
    def scaled(value: float) -> Scaled:
        power = 0
        while abs(value) >= base ** (power + 1) and power < len(suffixes) - 1:
            power += 1
        return Scaled(value / base**power, base**power, f"{suffixes[power]}{unit}")

    return scaled


def _time(seconds_each: float) -> Callable[[float], Scaled]:
    def scaled(value: float) -> Scaled:
        seconds = abs(value) * seconds_each
        if seconds == 0:
            return Scaled(0, 1, " s" if seconds_each == 1 else " ms")
        size, suffix = next((size, suffix) for limit, size, suffix in _TIMES if seconds < limit)
        return Scaled(value * seconds_each / size, size / seconds_each, suffix)

    return scaled


def _bytes(base: float, suffixes: tuple[str, ...], unit: str) -> Callable[[float], Scaled]:
    return _powers(base, tuple(f" {suffix}" for suffix in suffixes), unit)


_SCALERS: dict[str, Callable[[float], Scaled]] = {
    "percentunit": lambda value: Scaled(value * 100, 0.01, "%"),
    "percent": lambda value: Scaled(value, 1, "%"),
    "s": _time(1),
    "ms": _time(1e-3),
    "bytes": _bytes(1024, _BINARY, "B"),
    "decbytes": _bytes(1000, _DECIMAL, "B"),
    "binBps": _bytes(1024, _BINARY, "B/s"),
    "Bps": _bytes(1000, _DECIMAL, "B/s"),
    "bps": _bytes(1000, _DECIMAL, "b/s"),
    "short": _powers(1000, _SHORT),
    "reqps": _powers(1000, _COUNT, " req/s"),
    "ops": _powers(1000, _COUNT, " ops/s"),
    "cps": _powers(1000, _COUNT, " c/s"),
}


def _iso(value: float, now: datetime) -> str:
    del now
    return _moment(value).strftime("%Y-%m-%d %H:%M:%S")


def _from_now(value: float, now: datetime) -> str:
    seconds = now.timestamp() - value / 1000
    size, name = next((size, name) for limit, size, name in _AGO if abs(seconds) < limit)
    count = round(abs(seconds) / size)
    counted = f"{count} {name}{'' if count == 1 else 's'}"
    return f"{counted} ago" if seconds >= 0 else f"in {counted}"


def _moment(milliseconds: float) -> datetime:
    limited = min(max(milliseconds / 1000, 0), 253402300799)
    return datetime.fromtimestamp(limited, UTC)


#: Units whose values are milliseconds since 1970; times are UTC.
_MOMENTS: dict[str, Callable[[float, datetime], str]] = {
    "dateTimeAsIso": _iso,
    "dateTimeAsIsoNoDateIfToday": _iso,
    "dateTimeFromNow": _from_now,
}
