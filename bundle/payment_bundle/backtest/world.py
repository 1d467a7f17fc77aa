"""The simulated service and all around it: drivers over the timeline, and the series that they make."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol, Self

from payment_bundle.backtest.areas.flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting


class Area(Protocol):
    """A part of the world: arrays over the timeline that occurrences change, and the series that follow from them."""

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return the area on days without incident; chance comes from ``setting.rng`` with the area's name."""
        ...

    def publish(self, world: World) -> Iterator[Series]:
        """Return what Prometheus scrapes of it; an area may read the drivers of the others."""
        ...


@dataclass(eq=False)
class World:
    """Every area, each under its name."""

    setting: Setting
    flow: Flow

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a world in which nothing happens but everyday life."""
        return cls(setting, flow=Flow.healthy(setting))

    @property
    def areas(self) -> tuple[Area, ...]:
        """All areas, in order of declaration."""
        return tuple(getattr(self, field.name) for field in fields(self) if field.name != "setting")

    def series(self) -> Iterator[Series]:
        """Return everything that Prometheus scrapes, one series after the other."""
        for area in self.areas:
            yield from area.publish(self)
