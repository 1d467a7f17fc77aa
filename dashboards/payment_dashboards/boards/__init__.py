"""The dashboards: a function for each returns what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_dashboards.boards.application import application
from payment_dashboards.boards.backup import backup
from payment_dashboards.boards.business import business
from payment_dashboards.boards.database import database
from payment_dashboards.boards.infrastructure import infrastructure
from payment_dashboards.boards.logs import logs
from payment_dashboards.boards.on_call import on_call
from payment_dashboards.boards.overview import overview
from payment_dashboards.boards.security import security
from payment_dashboards.boards.slo import slo

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_dashboards.board import Board
    from payment_dashboards.kit import Kit

#: In the order of ``Dashboard``.
BOARDS: tuple[Callable[[Kit], Board], ...] = (
    overview,
    business,
    application,
    database,
    infrastructure,
    security,
    slo,
    logs,
    backup,
    on_call,
)
