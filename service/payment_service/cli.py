"""The command ``payment-service``. Exit codes: 0 fine, 1 findings, 2 bad usage or settings."""

from __future__ import annotations

import sys

import typer
from sqlalchemy.exc import SQLAlchemyError

from payment_catalog.errors import ForeseenError
from payment_service.commands.database import (
    backup_command,
    failover_test_command,
    maintain_command,
    migrate,
    verify_backup_command,
)
from payment_service.commands.exit_codes import INTERRUPTED, USAGE
from payment_service.commands.keys import keys
from payment_service.commands.serving import serve, simulate_gateway, worker

app = typer.Typer(help="The reference payment service.", no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(serve)
app.command()(worker)
app.add_typer(migrate, name="migrate")
app.command("maintain")(maintain_command)
app.command("backup")(backup_command)
app.command("verify-backup")(verify_backup_command)
app.command("failover-test")(failover_test_command)
app.add_typer(keys, name="keys")
app.command("simulate-gateway")(simulate_gateway)


def main() -> None:
    """Run the command and turn every foreseen error into one line."""
    try:
        app()
    except ForeseenError as error:
        _fail(str(error), USAGE)
    except (SQLAlchemyError, OSError) as error:
        reason = str(error).partition("\n")[0]
        _fail(f"the database cannot be used: {type(error).__name__}: {reason}", USAGE)
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED)


def _fail(message: str, code: int) -> None:
    typer.echo(f"payment-service: {message}", err=True)
    sys.exit(code)
