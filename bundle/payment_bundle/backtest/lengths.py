"""Lengths of time as reports write them."""

from __future__ import annotations


def length(seconds: float | None) -> str:
    """Return seconds in at most two units, ``2m30s``; a dash where nothing is known."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    for unit, size, below, smaller in (("d", 86_400, "h", 3_600), ("h", 3_600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            count, rest = divmod(whole, size)
            part = rest // smaller
            return f"{count}{unit}{part}{below}" if part else f"{count}{unit}"
    return f"{whole}s"
