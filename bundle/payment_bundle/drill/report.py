"""The report of the drills, in Markdown for people and in JSON for programs; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from payment_bundle.drill.course import Outcome
    from payment_bundle.drill.diagnosis import Ran
    from payment_bundle.drill.drill import Drill


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported. ``left_out`` says why for each drill that was not run."""

    speed: float
    started: datetime
    seconds: float
    outcomes: Sequence[Outcome]
    left_out: Mapping[Drill, str]

    @property
    def passed(self) -> bool:
        """Whether every drill that was run went as it must."""
        return not any(outcome.problems for outcome in self.outcomes)


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON knows it; times are ISO 8601 in UTC, durations seconds."""
    return {
        "speed": report.speed,
        "started": report.started.isoformat(),
        "seconds": round(report.seconds, 1),
        "passed": report.passed,
        "drills": [_outcome(outcome) for outcome in report.outcomes],
        "left_out": {drill.name: reason for drill, reason in report.left_out.items()},
    }


def as_markdown(report: Report) -> str:
    """Return the report as a page."""
    return "\n".join(_page(report)) + "\n"


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.drill.name,
        "incident": outcome.drill.incident.value,
        "passed": not outcome.problems,
        "started": outcome.started.isoformat(),
        "healed": outcome.healed.isoformat(),
        "ended": outcome.ended.isoformat(),
        "seconds_to_detect": outcome.seconds_to_detect,
        "seconds_to_clear": outcome.seconds_to_clear,
        "own_speed_of_rule_groups": dict(outcome.drill.hurried),
        "expected": [
            {
                "alert": told.expected.alert,
                "team": told.expected.team.value,
                "priority": told.expected.priority.value,
                "contact_points": list(told.contact_points),
                "seconds": (told.at - outcome.started).total_seconds() if told.at else None,
            }
            for told in outcome.told
        ],
        "other_alerts": list(outcome.others),
        "machine_was_busy": outcome.machine_was_busy,
        "diagnosis": [
            {
                "purpose": ran.purpose,
                "command": ran.written,
                "run": ran.run or None,
                "not_run_because": ran.reason or None,
                "must_show": ran.shows or None,
                "shown": ran.shown,
                "output": ran.output,
            }
            for ran in outcome.diagnosis
        ],
        "problems": list(outcome.problems),
    }


def _page(report: Report) -> Iterator[str]:
    failed = [outcome for outcome in report.outcomes if outcome.problems]
    yield "# Drills"
    yield ""
    yield (
        f"{len(report.outcomes)} drills on {report.started:%Y-%m-%d %H:%M} UTC in {report.seconds:.0f} s, "
        f"{len(failed)} failed. "
        + ("In real time." if report.speed == 1 else f"Windows, `for` and waits {report.speed:g} times as fast.")
    )
    yield ""
    yield "| drill | result | told after | cleared after | alerts expected | others that came |"
    yield "|---|---|---|---|---|---|"
    for outcome in report.outcomes:
        expected = ", ".join(f"{told.expected.alert} ({told.expected.priority})" for told in outcome.told)
        yield (
            f"| [{outcome.drill.name}](#{outcome.drill.name}) | {'**failed**' if outcome.problems else 'passed'} "
            f"| {_seconds(outcome.seconds_to_detect)} | {_seconds(outcome.seconds_to_clear)} "
            f"| {expected} | {', '.join(outcome.others)} |"
        )
    if report.left_out:
        yield ""
        yield "Not run:"
        yield ""
        for drill, reason in report.left_out.items():
            yield f"- {drill.name}: {reason}"
    for outcome in report.outcomes:
        yield from _section(outcome)


def _section(outcome: Outcome) -> Iterator[str]:
    drill = outcome.drill
    yield ""
    yield f"## {drill.name}"
    yield ""
    yield f"{drill.title}. [Post-mortem](post-mortem-{drill.name}.md)"
    if drill.hurried:
        hurried = ", ".join(f"{group} {speed:g} times" for group, speed in drill.hurried.items())
        yield ""
        yield f"Rule groups at a speed of their own: {hurried}."
    yield ""
    for problem in outcome.problems:
        yield f"- **{problem}**"
    for told in outcome.told:
        seconds = (told.at - outcome.started).total_seconds() if told.at else None
        yield (
            f"- {told.expected.alert}, {told.expected.priority}, {told.expected.team}: "
            f"{', '.join(told.contact_points)} after {_seconds(seconds)}"
        )
    if outcome.machine_was_busy:
        yield "- The processors of this machine were busy: alerts about slow answers count as its matter."
    yield ""
    for ran in outcome.diagnosis:
        yield from _diagnosis(ran)


def _diagnosis(ran: Ran) -> Iterator[str]:
    if not ran.run:
        yield f"{ran.purpose}: not run here, it {ran.reason}: `{ran.written}`"
        yield ""
        return
    verdict = "" if not ran.shows else " It shows the cause." if ran.shown else " **It does not show the cause.**"
    yield f"{ran.purpose}.{verdict}"
    yield ""
    yield "```console"
    yield f"$ {ran.run}"
    yield ran.output.replace("```", "'''") or "(no output)"
    yield "```"
    yield ""


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.0f} s"
