"""What is done to the database: schema, weekly care, backups, and the record of failover tests."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from payment_catalog.backup_report import FailoverTestOutcome, VerificationOutcome
from payment_catalog.database_settings import DatabaseSettings
from payment_service.commands.exit_codes import FINDINGS
from payment_service.ledger import statement_statistics
from payment_service.ledger.database import create_engine
from payment_service.ledger.migrations import SchemaStatus, migrate_up, schema_status
from payment_service.maintenance.backup import DEFAULT_DIRECTORY, BackupPlan, back_up
from payment_service.maintenance.care import MaintenancePlan, maintain
from payment_service.maintenance.failover import FailoverTest, record_failover_test
from payment_service.maintenance.verification import VerificationPlan, say_verification, verify_backup
from payment_service.settings import read_environment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

_T = TypeVar("_T")

Directory = Annotated[Path, typer.Option(help="Where backups are.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]

migrate = typer.Typer(help="Schema of the database.", no_args_is_help=True)


@migrate.command("up")
def up() -> None:
    """Bring the schema to the newest revision, and make slow statements visible where that is possible."""
    settings = read_environment(DatabaseSettings)
    bring_up(settings)
    typer.echo("the schema is current")
    typer.echo(asyncio.run(_with_engine(settings, statement_statistics.prepare)))


@migrate.command("status")
def status() -> None:
    """Say where the schema is; exit code 1 when there is something to do."""
    found = current_schema(read_environment(DatabaseSettings))
    typer.echo(f"database at {found.current or 'nothing'}, newest is {found.newest}")
    if not found.is_current:
        raise typer.Exit(FINDINGS)


def maintain_command(
    retention_days: Annotated[int, typer.Option(min=1, help="Age from which payment_attempts are deleted.")] = 90,
    batch_rows: Annotated[int, typer.Option(min=1, max=100_000, help="Rows that one transaction deletes.")] = 1000,
    *,
    dry_run: DryRun = False,
) -> None:
    """Delete old payment_attempts, rebuild indexes, update statistics; the service goes on meanwhile."""
    plan = MaintenancePlan(retention=timedelta(days=retention_days), batch_rows=batch_rows, dry_run=dry_run)
    result = maintain(read_environment(DatabaseSettings), plan, typer.echo)
    for finding in result.findings:
        typer.echo(finding, err=True)
    if result.findings:
        raise typer.Exit(FINDINGS)


def backup_command(
    directory: Directory = DEFAULT_DIRECTORY,
    keep: Annotated[int, typer.Option(min=0, help="How many backups stay, the newest; 0 keeps all.")] = 0,
    *,
    dry_run: DryRun = False,
) -> None:
    """Write db_backup_<time>.sql.gz, with counts and checksums of what it holds beside it."""
    back_up(read_environment(DatabaseSettings), BackupPlan(directory, keep, dry_run=dry_run), typer.echo)


def verify_backup_command(
    file: Annotated[Path | None, typer.Argument(help="The backup; without it, the newest in the directory.")] = None,
    directory: Directory = DEFAULT_DIRECTORY,
    *,
    dry_run: DryRun = False,
) -> None:
    """Restore a backup into a throw-away database and compare; exit code 1 when it is not good."""
    settings, plan = read_environment(DatabaseSettings), VerificationPlan(directory, file)
    if dry_run:
        say_verification(settings, plan, typer.echo)
        return
    report = verify_backup(settings, plan, typer.echo)
    if report.outcome is not VerificationOutcome.VERIFIED:
        typer.echo(f"{report.file or directory}: {report.reason}", err=True)
        raise typer.Exit(FINDINGS)
    typer.echo(f"{report.file}: verified")


def failover_test_command(
    outcome: Annotated[FailoverTestOutcome, typer.Argument(help="Whether the service worked after the failover.")],
    directory: Directory = DEFAULT_DIRECTORY,
    note: Annotated[str, typer.Option(help="What was found; no secret, as others may read it.")] = "",
    *,
    dry_run: DryRun = False,
) -> None:
    """Record the monthly failover test that has just ended, for the exporter; it does not perform one."""
    record_failover_test(FailoverTest(outcome, note, directory), typer.echo, dry_run=dry_run)


def bring_up(settings: DatabaseSettings) -> None:
    """Bring the schema to the newest revision."""
    asyncio.run(_with_engine(settings, migrate_up))


def current_schema(settings: DatabaseSettings) -> SchemaStatus:
    """Return where the schema is."""
    return asyncio.run(_with_engine(settings, schema_status))


async def _with_engine(settings: DatabaseSettings, work: Callable[[AsyncEngine], Awaitable[_T]]) -> _T:
    engine = create_engine(settings)
    try:
        return await work(engine)
    finally:
        await engine.dispose()
