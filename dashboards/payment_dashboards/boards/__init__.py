"""The dashboards: a function for each returns what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_dashboards.boards.database import database
from payment_dashboards.boards.on_call import on_call
from payment_dashboards.boards.overview import overview
from payment_dashboards.boards.slo import slo

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_dashboards.board import Board
    from payment_dashboards.kit import Kit

BOARDS: tuple[Callable[[Kit], Board], ...] = (overview, database, slo, on_call)
