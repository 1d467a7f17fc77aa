"""Profiles as text, in the manner of Go's ``debug=1`` and ``debug=2``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_service.debug.profile import Profile, Sample, Stack
    from payment_service.debug.tasks import Routine


def render(profile: Profile, *, limit: int | None = None, notes: Sequence[str] = ()) -> str:
    """Return headline, comments, notes, and the samples with the greatest first; at most ``limit`` of them.

    Each sample is a line ``<values> @ <labels>`` and a line ``#<tab>function<tab>file:line`` for each call,
    the innermost first.
    """
    samples = sorted(profile.samples, key=lambda sample: (sample.values[::-1], sample.stack), reverse=True)
    shown = samples if limit is None else samples[:limit]
    columns = ": ".join(f"{kind.name}/{kind.unit}" for kind in profile.sample_types)
    lines = [profile.headline, *(f"# {comment}" for comment in profile.comments), f"# {columns} @ stack", *notes]
    for sample in shown:
        lines += ["", *_sample(sample)]
    if len(shown) < len(samples):
        lines += ["", f"# {len(samples) - len(shown)} smaller stacks are left out; the profile without debug has them"]
    return "\n".join(lines) + "\n"


def render_routines(routines: Sequence[Routine]) -> str:
    """Return each task and thread by itself with its full stack."""
    blocks = [
        f"goroutine {number} [{routine.kind}, {routine.state}]:\n" + "".join(_calls(routine.stack))
        for number, routine in enumerate(routines, start=1)
    ]
    return "\n".join(blocks)


def _sample(sample: Sample) -> list[str]:
    labels = " ".join(f"{key}={value!r}" for key, value in sample.labels)
    head = f"{': '.join(map(str, sample.values))} @ {labels}".rstrip()
    return [head, *(f"#\t{frame.function}\t{frame.file}:{frame.line}" for frame in sample.stack)]


def _calls(stack: Stack) -> list[str]:
    return [f"{frame.function}(...)\n\t{frame.file}:{frame.line}\n" for frame in stack]
