"""What becomes of a panel: its HTML, its chart, and whether there was anything to draw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from markupsafe import Markup

from payment_bundle.preview.templates import render

if TYPE_CHECKING:
    from payment_bundle.preview.figure import Figure
    from payment_bundle.preview.model import Panel


class State(StrEnum):
    """How a panel is; it stands on the page as ``data-state``."""

    LOADING = "loading"
    DRAWN = "drawn"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel's content."""

    state: State
    html: Markup
    figure: Figure | None = None


def loading() -> Drawn:
    """Return a panel whose data are on the way."""
    return Drawn(State.LOADING, Markup(""))


def empty(panel: Panel) -> Drawn:
    """Return a panel whose queries gave nothing."""
    return Drawn(State.EMPTY, render("empty.html", text=panel.field_config.defaults.no_value or "No data"))


def failed(problem: str) -> Drawn:
    """Return a panel that says what went wrong."""
    return Drawn(State.FAILED, render("failed.html", problem=problem))
