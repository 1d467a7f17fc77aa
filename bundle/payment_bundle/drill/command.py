"""``payobs drill``: choose drills, run them one after another in one house, write the report."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from payment_bundle.demo.ports import Ports, free_port
from payment_bundle.demo.stop_request import StopRequest, StopRequestedError
from payment_bundle.drill.course import run_drill
from payment_bundle.drill.disk import can_mount, small_disk
from payment_bundle.drill.drill import Need
from payment_bundle.drill.drills.every import DRILLS
from payment_bundle.drill.house import House
from payment_bundle.drill.inbox import Inbox
from payment_bundle.drill.postgres import Postgres, postgres_programs
from payment_bundle.drill.report import Report, as_json, as_markdown
from payment_bundle.drill.scene import Scene
from payment_bundle.postmortem.command import PostMortemOptions, save, write_post_mortem
from payment_bundle.whole_file import write_whole
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from payment_bundle.drill.course import Outcome
    from payment_bundle.drill.drill import Drill
    from payment_bundle.extending.loading import Extended


_REPORT = "drills.json"


class DrillError(ForeseenError):
    """There is no such drill, or the report cannot be written."""


@dataclass(frozen=True, slots=True)
class DrillOptions:
    """Which drills (none: all), how many times as fast as in real time, and where the report goes."""

    names: tuple[str, ...]
    speed: float
    out: Path
    keep: Path | None = None


def chosen(names: Sequence[str]) -> tuple[Drill, ...]:
    """Return the drills of those names, of those incidents, or all; raises DrillError."""
    known = {drill.name for drill in DRILLS} | {drill.incident.value for drill in DRILLS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DrillError(f"there is no drill {unknown[0]!r}; there are {', '.join(drill.name for drill in DRILLS)}")
    return tuple(drill for drill in DRILLS if not names or {drill.name, drill.incident.value} & set(names))


def missing(speed: float) -> frozenset[Need]:
    """Return what drills may need and is not there."""
    there = {
        Need.POSTGRES: postgres_programs() is not None,
        Need.DISK: can_mount(),
        Need.SPEED: speed > 1,
    }
    return frozenset(need for need, is_there in there.items() if not is_there)


def described(drills: Sequence[Drill], speed: float, *, steps: bool) -> Iterator[str]:
    """Yield a line for each drill and, with ``steps``, what would be done."""
    absent = missing(speed)
    for drill in drills:
        lacking = sorted(drill.needs & absent)
        yield f"{drill.name:22} {drill.title}" + (f" (not run here: needs {lacking[0]})" if lacking else "")
        if steps and not lacking:
            yield from (
                f"{'':22}   waits for {expected.alert} ({expected.priority}) at those who hear of {expected.team}"
                for expected in drill.expected
            )
            yield from (f"{'':22}   looks whether '{shows.purpose}' shows {shows.pattern}" for shows in drill.shows)


def plain(drills: Sequence[Drill], speed: float) -> list[dict[str, object]]:
    """Return the drills as plain data; ``needs`` is what they lack here, empty where they can be run."""
    absent = missing(speed)
    return [
        {
            "name": drill.name,
            "title": drill.title,
            "incident": drill.incident.value,
            "expected": [
                {"alert": expected.alert, "team": expected.team.value, "priority": expected.priority.value}
                for expected in drill.expected
            ],
            "needs": sorted(drill.needs & absent),
        }
        for drill in drills
    ]


def written_report(options: DrillOptions) -> dict[str, object]:
    """Return what the run before wrote into ``drills.json``; raises DrillError."""
    try:
        report: dict[str, object] = json.loads((options.out / _REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DrillError(f"{options.out / _REPORT} cannot be read: {error}") from None
    return report


def run_drills(extended: Extended, options: DrillOptions, echo: Callable[[str], None]) -> bool:
    """Run the drills, write the report and say how each went; return whether all passed and none was broken off.

    Alerts of extensions are rules of the house too; no drill judges them.

    Ctrl-C and SIGTERM heal the incident, end every program and leave a report of the drills that had ended.
    """
    drills = chosen(options.names)
    absent = missing(options.speed)
    left_out = {drill: f"needs {min(drill.needs & absent)}" for drill in drills if drill.needs & absent}
    outcomes: list[Outcome] = []
    started, clock = datetime.now(UTC), time.monotonic()
    directory = options.keep or Path(tempfile.mkdtemp(prefix="payobs-drill-"))
    _make(options.out)
    stop = StopRequest()
    broken: ForeseenError | None = None
    try:
        with stop, _open_scene(extended, directory, options.speed, echo, stop) as scene:
            inbox = Inbox(scene.house.receiver)
            if scene.house.added:
                echo(f"of extensions, not judged: {', '.join(sorted(scene.house.added))}")
            for drill in drills:
                if drill not in left_out:
                    outcome = run_drill(scene, drill, inbox)
                    outcomes.append(outcome)
                    _write_post_mortem(scene.house, outcome, options.out)
                    echo(_line(outcome))
    except StopRequestedError:
        echo("ended")
    except ForeseenError as error:
        broken = None if stop.noted.is_set() else error  # a terminal's Ctrl-C reaches short commands as well
    finally:
        if options.keep is None:
            shutil.rmtree(directory, ignore_errors=True)
    report = Report(options.speed, started, time.monotonic() - clock, outcomes, left_out)
    _write(options.out / _REPORT, json.dumps(as_json(report), indent=2) + "\n")
    _write(options.out / "drills.md", as_markdown(report))
    for drill, reason in left_out.items():
        echo(f"left out  {drill.name:22} {reason}")
    failed = sum(1 for outcome in outcomes if outcome.problems)
    echo(f"{options.out}/drills.md: {len(outcomes)} drills in {report.seconds:.0f} s, {failed} failed")
    if broken is not None:
        raise broken
    return bool(outcomes) and report.passed and not stop.noted.is_set()


@contextmanager
def _open_scene(
    extended: Extended, directory: Path, speed: float, echo: Callable[[str], None], stop: StopRequest
) -> Iterator[Scene]:
    with ExitStack() as opened:
        programs = postgres_programs()
        postgres = opened.enter_context(Postgres(programs, free_port())) if programs else None
        disk = opened.enter_context(small_disk(directory / "disk")) if can_mount() else None
        house = House(
            extended.settings,
            directory,
            Ports.any_free(),
            lambda step: echo(f"  {step} ..."),
            stop.check,
            speed=speed,
            postgres=postgres,
            disk=disk,
            origins=extended.origins,
        )
        opened.enter_context(house)
        yield opened.enter_context(Scene(house))


def _write_post_mortem(house: House, outcome: Outcome, out: Path) -> None:
    options = PostMortemOptions(
        outcome.started,
        outcome.ended,
        environment="demo",
        incident=outcome.drill.incident.value,
        title=f"Drill: {outcome.drill.title}",
    )
    document = write_post_mortem(house.catalog, house.prometheus, options)
    if document is not None:
        save(document, out / f"post-mortem-{outcome.drill.name}.md", force=True)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DrillError(f"{directory} cannot be made: {error.strerror}") from None


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text)
    except OSError as error:
        raise DrillError(f"{file} cannot be written: {error.strerror}") from None


def _line(outcome: Outcome) -> str:
    if outcome.problems:
        return f"FAIL      {outcome.drill.name:22} " + "; ".join(outcome.problems)
    return (
        f"ok        {outcome.drill.name:22} told after {outcome.seconds_to_detect:4.0f} s, "
        f"cleared after {outcome.seconds_to_clear:4.0f} s"
    )
