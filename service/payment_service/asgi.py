"""What a server process starts with: each factory reads the environment and returns the application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from payment_catalog.database_settings import DatabaseSettings
from payment_service.app import Role, create_app
from payment_service.debug.server import DebugServer
from payment_service.instrumentation.workers import workers_directory
from payment_service.logs import configure_logging
from payment_service.logs.redaction import Redactor
from payment_service.logs.unhandled import log_unhandled
from payment_service.settings import ServiceSettings, read_environment

if TYPE_CHECKING:
    from fastapi import FastAPI

#: Several workers take the debug port and those after it.
_DEBUG_PORTS = 32


def service() -> FastAPI:
    """Return the payment service."""
    return _application(Role.SERVICE)


def worker() -> FastAPI:
    """Return what only finds out unknown outcomes, with health and metrics."""
    return _application(Role.WORKER)


def _application(role: Role) -> FastAPI:
    settings, database = read_environment(ServiceSettings), read_environment(DatabaseSettings)
    app = create_app(settings, database, role=role)
    account = settings.read_credentials()
    secrets = (account.verify_key, account.secret_key, database.read_password())
    configure_logging(settings.log_level, Redactor(secrets, app.state.parts.events.card_data_in_log))
    loop = asyncio.get_running_loop()
    log_unhandled(loop)
    if settings.debug_port:
        tries = 1 if workers_directory() is None else _DEBUG_PORTS
        # Until the process ends: it must answer also when nothing else does.
        DebugServer(settings.debug_port, loop, tries=tries).start()
    return app
