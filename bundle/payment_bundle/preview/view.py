"""What is looked at: a dashboard, the choices of its variables, and a range of time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from payment_bundle.preview.interval import interval, rate_interval
from payment_bundle.preview.timerange import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.preview.model import Dashboard, Panel, Target
    from payment_bundle.preview.timerange import TimeRange
    from payment_bundle.preview.variables import Choice

#: Width of a page in pixels that is made for no browser in particular.
PAGE_WIDTH = 1280
_COLUMNS = 24
_FRAME = 70
_NARROW = 768


@dataclass(frozen=True, slots=True)
class View:
    """A dashboard as somebody looks at it; ``scrape`` is the data source's scrape interval in seconds."""

    dashboard: Dashboard
    choices: Mapping[str, Choice]
    span: TimeRange
    scrape: float
    width: int = PAGE_WIDTH
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_narrow(self) -> bool:
        """Whether the panels stand below each other, as on a phone."""
        return self.width < _NARROW

    def step(self, panel: Panel, target: Target) -> float:
        """Return how many seconds lie between two points of ``panel``: about one for each pixel, as in Grafana."""
        share = 1 if self.is_narrow else panel.grid_pos.w / _COLUMNS
        points = panel.max_data_points or round(self.width * share) - _FRAME
        least = parse_duration(target.interval or panel.interval) or self.scrape
        return interval(self.span.seconds, max(points, 50), least)

    def rate(self, step: float) -> float:
        """Return the window of ``$__rate_interval`` for a step, both in seconds."""
        return rate_interval(step, self.scrape)

    def with_choices(self, choices: Mapping[str, Choice]) -> View:
        """Return the same with other choices."""
        return replace(self, choices=choices)

    @property
    def time_parameters(self) -> str:
        """The range, for an address."""
        return urlencode({"from": self.span.start_text, "to": self.span.end_text})

    @property
    def variable_parameters(self) -> str:
        """The choices, for an address."""
        return "&".join(
            choice.formatted("queryparam") for choice in self.choices.values() if choice.variable.type != "datasource"
        )
