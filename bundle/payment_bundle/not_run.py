"""A check that could not be made here, which is no finding."""

from __future__ import annotations


class NotRun(Exception):  # noqa: N818 - nothing is wrong
    """Its text says why, after "not run: "."""
