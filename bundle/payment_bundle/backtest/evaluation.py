"""Which alerts fire over a history, by the real Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from payment_bundle.backtest.blocks import Store
from payment_bundle.backtest.evaluation_alerts import Evaluation, Judge, Progress, silently
from payment_bundle.backtest.evaluation_grid import Grid
from payment_bundle.backtest.recording import recorded
from payment_bundle.backtest.recording_order import can_have_result, order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from payment_alerts.alert import AlertGroup
    from payment_bundle.backtest.recording_order import Order
    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.timeline import Timeline
    from payment_bundle.prometheus_api import PrometheusApi
    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates the rules of ``groups``, with ``jobs`` queries or promtools at a time.

    ``progress`` is called with what is being done, how much of it is done, and of how much (0 where nobody knows).
    """

    catalog: Catalog
    groups: Sequence[AlertGroup]
    jobs: int = 2
    progress: Progress = silently

    def simulated(self, series: Iterable[Series], timeline: Timeline, directory: Path) -> Evaluation:
        """Return when the alerts fire over ``series``, scraped and evaluated at each moment of ``timeline``.

        Disk use and errors are those of ``over``.
        """
        return self.over(series, timeline.moments * 1000, Grid.of(timeline), directory)

    def over(self, series: Iterable[Series], scraped: NDArray[np.int64], grid: Grid, directory: Path) -> Evaluation:
        """Return when the alerts fire over ``series``, with values at the moments ``scraped``, evaluated on ``grid``.

        The moments are Unix times in milliseconds, about as far apart as the evaluations. Series that no rule reads
        are passed over. Everything on disk lies in a folder of its own in ``directory`` and is removed at the end:
        blocks, and text of at most 750 MB for each of ``jobs`` and one more. Raises ToolError, ChildError,
        PrometheusError and EvaluationError.
        """
        rules = order(self.groups)
        wanted = rules.scraped
        read = (one for one in series if one.name in wanted)
        with TemporaryDirectory(prefix="backtest-", dir=directory) as folder:
            store = Store(Path(folder), timedelta(milliseconds=grid.step), self.jobs)
            names = store.add(self._counted(read), scraped)
            done, recordings = 0, sum(map(len, rules.levels))
            for level in rules.levels:
                possible = [found for found in level if can_have_result(found.rule.expr, names, found.reads)]
                if possible:
                    with store.asked() as api:
                        names |= store.add(recorded(api, possible, grid, self.jobs), grid.moments)
                done += len(level)
                self.progress("recorded series", done, recordings)
            with store.asked() as api:
                return self._judge(rules).judge(api, names, grid)

    def remembered(self, api: PrometheusApi, start: datetime, end: datetime, step: timedelta) -> Evaluation:
        """Return when the alerts would have fired over what the Prometheus of ``api`` remembers.

        They are evaluated every ``step`` from ``start`` on, before ``end``. Recorded series are read from there: those
        it does not have are ``missing``, and what reads only them is left out. Raises PrometheusError and
        EvaluationError.
        """
        times = {"start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}"}
        names = frozenset(api.get("label/__name__/values", times))
        return self._judge(order(self.groups)).judge(api, names, Grid.between(start, end, step))

    def _judge(self, rules: Order) -> Judge:
        return Judge(self.catalog, rules, self.jobs, self.progress)

    def _counted(self, series: Iterable[Series]) -> Iterator[Series]:
        for number, one in enumerate(series, start=1):
            yield one
            self.progress("series", number, 0)
