"""``payobs backtest``: judges the alerts by a simulated history, or by what really happened."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from payment_alerts.groups import alert_groups
from payment_bundle.backtest.baseline import baseline
from payment_bundle.backtest.goals import missed
from payment_bundle.backtest.outcome import History, outcome
from payment_bundle.backtest.progress_bar import progress_bar
from payment_bundle.backtest.report.as_json import as_json
from payment_bundle.backtest.report.content import moment
from payment_bundle.backtest.report.markdown import markdown
from payment_bundle.backtest.report.page import page
from payment_bundle.backtest.report.terminal import show
from payment_bundle.extending.reference import added_alerts, reference_catalog
from payment_bundle.sigterm import sigterm_as_ctrl_c
from payment_bundle.whole_file import write_whole
from payment_catalog.durations import format_duration
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TextIO

    from payment_bundle.backtest.report.content import Report
    from payment_bundle.extending.loading import Extended
    from payment_bundle.prometheus_api import PrometheusApi


class BacktestError(ForeseenError):
    """A backtest that cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """The history to be simulated: the same ``seed`` makes the same one."""

    seed: int
    weeks: int
    instances: int
    resolution: timedelta


@dataclass(frozen=True, slots=True)
class Known:
    """One's own history: the incidents in ``file``, from ``start`` to ``end``, looked at every ``resolution``."""

    file: Path
    start: datetime
    end: datetime
    resolution: timedelta


def simulated(extended: Extended, simulation: Simulation, jobs: int, tell_note: Callable[[str], None]) -> Report:
    """Return the report on a simulated history; raises ForeseenError. ``tell_note`` hears what is not simulated."""
    require_packages()
    from payment_bundle.backtest.evaluation import Evaluator  # noqa: PLC0415 - needs numpy
    from payment_bundle.backtest.history import history  # noqa: PLC0415
    from payment_bundle.backtest.setting import Setting  # noqa: PLC0415
    from payment_bundle.backtest.timeline import Timeline  # noqa: PLC0415

    if simulation.resolution % timedelta(seconds=1):
        raise BacktestError(f"--resolution: {format_duration(simulation.resolution)} is no whole number of seconds")
    try:
        timeline = Timeline(simulation.weeks, int(simulation.resolution.total_seconds()))
    except ValueError as error:
        raise BacktestError(str(error)) from None
    setting = Setting.of(extended.settings, timeline, simulation.seed, simulation.instances)
    catalog = reference_catalog(setting.settings, extended.origins)
    groups = alert_groups(catalog)
    if added := added_alerts(catalog):
        tell_note(f"of extensions, whose metrics are not simulated: {', '.join(sorted(added))}")
    with (
        sigterm_as_ctrl_c(),
        tempfile.TemporaryDirectory(prefix="payobs-backtest-") as directory,
        progress_bar() as tell,
    ):
        world, occurrences = history(setting)
        evaluator = Evaluator(catalog, (*groups, baseline(catalog)), jobs, tell)
        evaluated = evaluator.simulated(world.series(), timeline, Path(directory))
    incidents = sum(not occurrence.is_harmless for occurrence in occurrences)
    facts = (
        ("seed", str(simulation.seed)),
        ("weeks", str(simulation.weeks)),
        ("instances", str(simulation.instances)),
        ("resolution", format_duration(simulation.resolution)),
        ("incidents", str(incidents)),
        ("harmless", str(len(occurrences) - incidents)),
    )
    told = History("Backtest of the alerts", facts, timeline.start, timeline.end, occurrences)
    return outcome(catalog, groups, told, evaluated)


def remembered(extended: Extended, api: PrometheusApi, known: Known, jobs: int) -> Report:
    """Return the report on what a Prometheus remembers and people know of; raises ForeseenError."""
    require_packages()
    from payment_bundle.backtest.evaluation import Evaluator  # noqa: PLC0415 - needs numpy
    from payment_bundle.backtest.known_incidents import read_known_incidents  # noqa: PLC0415

    if known.start >= known.end:
        raise BacktestError(f"--from ({known.start.isoformat()}) must be before --to ({known.end.isoformat()})")
    catalog = extended.catalog
    groups = alert_groups(catalog)
    start, end = int(known.start.timestamp()), int(known.end.timestamp())
    told = read_known_incidents(known.file, catalog, groups)
    within = tuple(occurrence for occurrence in told if start <= occurrence.start and occurrence.end <= end)
    if not within:
        raise BacktestError(f"{known.file}: no incident lies between {moment(start)} and {moment(end)} UTC")
    with sigterm_as_ctrl_c(), progress_bar() as tell:
        evaluator = Evaluator(catalog, (*groups, baseline(catalog)), jobs, tell)
        evaluated = evaluator.remembered(api, known.start, known.end, known.resolution)
    facts = (
        ("Prometheus", api.url),
        ("from", moment(start)),
        ("to", moment(end)),
        ("resolution", format_duration(known.resolution)),
        ("incidents", str(len(within))),
        ("outside of that time, left out", str(len(told) - len(within))),
    )
    history = History("Backtest of the alerts on your own history", facts, start, end, within)
    return outcome(catalog, groups, history, evaluated)


def deliver(
    report: Report, out: Path | None, stream: TextIO, tell: Callable[[str], None], *, is_json: bool = False
) -> bool:
    """Write the report to ``stream`` and into the directory ``out``; return whether every goal is met.

    ``tell`` hears of the goals that are missed, and of the files. Raises BacktestError.
    """
    if is_json:
        stream.write(as_json(report))
    else:
        show(report, stream)
    if out is not None:
        for name, write in (("report.md", markdown), ("report.html", page), ("report.json", as_json)):
            _save(out / name, write(report))
            tell(f"{out / name}: written")
    lacking = missed(report.goals)
    for goal in lacking:
        culprits = f" ({', '.join(goal.culprits)})" if goal.culprits else ""
        tell(f"missed: {goal.about}: {goal.found}, wanted: {goal.wanted}{culprits}")
    return not lacking


def require_packages() -> None:
    """Raise BacktestError where what only a backtest needs is not installed."""
    if find_spec("numpy") is None:
        raise BacktestError("numpy: not installed; install it with: pip install 'payment-observability[backtest]'")


def _save(file: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
    except OSError as error:
        raise BacktestError(f"{file} cannot be written: {error.strerror}") from None
