"""The command ``payment-service``. Exit codes: 0 fine, 1 findings, 2 bad usage or settings."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.errors import ForeseenError
from payment_service.app import create_app
from payment_service.backup import back_up
from payment_service.database import create_engine
from payment_service.logs import configure_logging
from payment_service.migrations import SchemaStatus, migrate_up, schema_status
from payment_service.settings import ConfigurationError, read_settings
from payment_service.simulator import Knobs, create_simulator

if TYPE_CHECKING:
    from fastapi import FastAPI

FINDINGS, USAGE = 1, 2
_DRAIN_SECONDS = 20

app = typer.Typer(help="The reference payment service.", no_args_is_help=True, pretty_exceptions_enable=False)
migrate = typer.Typer(help="Schema of the database.", no_args_is_help=True)
app.add_typer(migrate, name="migrate")

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
Share = Annotated[float, typer.Option(min=0, max=1)]


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    *,
    migrate_first: Annotated[bool, typer.Option("--migrate", help="Bring the schema up to date first.")] = False,
) -> None:
    """Serve the API. Settings come from DB_*, REDIS_*, FIUU_*, PAYMENT_API_KEYS_FILE and RATE_LIMIT."""
    settings, database = read_settings(), _database()
    if migrate_first:
        asyncio.run(_migrate(database))
    status = asyncio.run(_status(database))
    if not status.is_current:
        raise ConfigurationError("the database schema is not current; run 'payment-service migrate up'")
    configure_logging()
    _run(create_app(settings, database), host, port)


@app.command("simulate-gateway")
def simulate_gateway(  # noqa: PLR0913 - one flag for each knob
    host: Host = "127.0.0.1",
    port: Port = 8081,
    *,
    latency_ms: Annotated[float, typer.Option(min=0, max=60_000)] = 40,
    error_rate: Share = 0,
    decline_rate: Share = 0,
    seed: int = 0,
) -> None:
    """Serve a gateway that moves no money; POST /knobs changes its behaviour."""
    knobs = Knobs(latency_ms=latency_ms, error_rate=error_rate, decline_rate=decline_rate)
    _run(create_simulator(knobs, seed), host, port)


@app.command()
def backup(directory: Annotated[Path, typer.Option()] = Path("/backups/payment-service")) -> None:
    """Write db_backup_<time>.sql.gz."""
    typer.echo(back_up(_database(), directory))


@migrate.command("up")
def up() -> None:
    """Bring the schema to the newest revision."""
    asyncio.run(_migrate(_database()))
    typer.echo("the schema is current")


@migrate.command("status")
def status() -> None:
    """Say where the schema is; exit code 1 when there is something to do."""
    found = asyncio.run(_status(_database()))
    typer.echo(f"database at {found.current or 'nothing'}, newest is {found.newest}")
    if not found.is_current:
        raise typer.Exit(FINDINGS)


def main() -> None:
    """Run the command and turn every foreseen error into one line."""
    try:
        app()
    except ForeseenError as error:
        _fail(str(error))
    except (SQLAlchemyError, OSError) as error:
        _fail(f"the database cannot be used: {type(error).__name__}: {str(error).partition(chr(10))[0]}")


def _fail(message: str) -> None:
    typer.echo(f"payment-service: {message}", err=True)
    sys.exit(USAGE)


def _database() -> DatabaseSettings:
    try:
        return DatabaseSettings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise ConfigurationError(f"DB_{first['loc'][0]}".upper() + f": {first['msg'].lower()}") from None


async def _migrate(settings: DatabaseSettings) -> None:
    engine = create_engine(settings)
    try:
        await migrate_up(engine)
    finally:
        await engine.dispose()


async def _status(settings: DatabaseSettings) -> SchemaStatus:
    engine = create_engine(settings)
    try:
        return await schema_status(engine)
    finally:
        await engine.dispose()


def _run(application: FastAPI, host: str, port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise ConfigurationError(f"{host}:{port}: {error.strerror}; choose another with --port") from None
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[listener])
