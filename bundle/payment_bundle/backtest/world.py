"""The simulated service and all around it: drivers over the timeline, and the series that they make."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol, Self

from payment_bundle.backtest.areas.archive import Archive
from payment_bundle.backtest.areas.backups import Backups
from payment_bundle.backtest.areas.collectors import Collectors
from payment_bundle.backtest.areas.database import Database
from payment_bundle.backtest.areas.flow import Flow
from payment_bundle.backtest.areas.host import Host
from payment_bundle.backtest.areas.kubernetes import Kubernetes
from payment_bundle.backtest.areas.leaks import Leaks
from payment_bundle.backtest.areas.logs import Logs
from payment_bundle.backtest.areas.monitoring import Monitoring
from payment_bundle.backtest.areas.probes import Probes
from payment_bundle.backtest.areas.redis import Redis
from payment_bundle.backtest.areas.rehearsals import Rehearsals
from payment_bundle.backtest.areas.security import Security

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
    security: Security
    database: Database
    redis: Redis
    host: Host
    leaks: Leaks
    backups: Backups
    rehearsals: Rehearsals
    probes: Probes
    logs: Logs
    archive: Archive
    kubernetes: Kubernetes
    monitoring: Monitoring
    collectors: Collectors

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a world in which nothing happens but everyday life."""
        return cls(
            setting,
            flow=Flow.healthy(setting),
            security=Security.healthy(setting),
            database=Database.healthy(setting),
            redis=Redis.healthy(setting),
            host=Host.healthy(setting),
            leaks=Leaks.healthy(setting),
            backups=Backups.healthy(setting),
            rehearsals=Rehearsals.healthy(setting),
            probes=Probes.healthy(setting),
            logs=Logs.healthy(setting),
            archive=Archive.healthy(setting),
            kubernetes=Kubernetes.healthy(setting),
            monitoring=Monitoring.healthy(setting),
            collectors=Collectors.healthy(setting),
        )

    @property
    def areas(self) -> tuple[Area, ...]:
        """All areas, in order of declaration."""
        return tuple(getattr(self, field.name) for field in fields(self) if field.name != "setting")

    def series(self) -> Iterator[Series]:
        """Return everything that Prometheus scrapes, one series after the other."""
        for area in self.areas:
            yield from area.publish(self)
