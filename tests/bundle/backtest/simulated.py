"""Small simulated worlds, and what their series say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.setting import Setting
from payment_bundle.backtest.timeline import Timeline
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from payment_bundle.backtest.series import Series

_DAY = 24 * 3600
#: Kuala Lumpur is so many seconds before UTC.
_AHEAD = 8 * 3600


def setting(seed: int = 1, weeks: int = 1) -> Setting:
    return Setting.of(Settings(), Timeline(weeks, resolution=60), seed)


def span(found: Setting, day: int, hour: float, minutes: float) -> slice:
    """Return the moments from that local hour of a day on; day 0 is a Monday."""
    start = round(found.timeline.start + day * _DAY - _AHEAD + hour * 3600)
    return found.timeline.during(start, start + round(minutes * 60))


def counted(
    series: Iterable[Series], name: str, when: slice, which: Callable[[Mapping[str, str]], bool] = lambda labels: True
) -> float:
    """Return by how much the counters of that name grew within ``when``, over all labels that are wanted."""
    found = [part.values for part in series if part.name == name and which(part.labels)]
    before = slice(when.start - 1, when.stop)
    return float(sum(np.nansum(np.maximum(np.diff(np.nan_to_num(values[before])), 0)) for values in found))
