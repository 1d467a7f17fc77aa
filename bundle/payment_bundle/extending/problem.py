"""A fault of something that an extension adds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """The name of a metric, an alert, a panel or the like, by which it is found in the source, and what is wrong."""

    name: str
    message: str
