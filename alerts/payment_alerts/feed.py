"""How a value comes about: what scenarios feed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from payment_alerts.alert import InputSeries


class Feed(Protocol):
    """Makes the input series by which a signal takes ``value`` for ``minutes``."""

    def __call__(self, value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Return the series."""
