"""Care neither locks the service out nor loses what is still needed, and can be stopped anywhere."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from payment_catalog.database_settings import DatabaseSettings
from payment_service.maintenance.care import MaintenancePlan, maintain
from payment_service.maintenance.care_connection import ADVISORY_LOCK, MaintenanceError
from payment_service.maintenance.exclusive import exclusively

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Ledger, Postgres, Start, Wait

HASTE = {"batch_rows": 10, "batch_pause": timedelta(), "lock_timeout": timedelta(milliseconds=200)}
PLAN = MaintenancePlan(**HASTE)  # type: ignore[arg-type]
DRY = MaintenancePlan(**HASTE, dry_run=True)  # type: ignore[arg-type]
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
FILES = """
SELECT c.relname || ' ' || pg_relation_filenode(c.oid) FROM pg_class AS c
JOIN pg_index AS i ON i.indexrelid = c.oid JOIN pg_class AS t ON t.oid = i.indrelid
WHERE t.relname IN ('payments', 'refunds', 'payment_attempts', 'business_totals') ORDER BY 1
"""


@pytest.fixture
def aged(ledger: Ledger) -> Ledger:
    """25 attempts to delete, 2 old ones that are unresolved, 3 young ones."""
    payment = ledger.pay()
    ledger.attempt(payment, 25, days=100)
    ledger.attempt(payment, 2, days=200, resolved=False)
    ledger.attempt(payment, 3, days=89)
    return ledger


def test_old_attempts_go_and_those_that_are_young_or_unresolved_stay(aged: Ledger, lines: list[str]) -> None:
    result = maintain(aged.settings, PLAN, lines.append)
    assert (result.attempts_deleted, result.attempts_unresolved, result.findings) == (25, 2, [])
    assert aged.attempts() == 5
    assert aged.value("SELECT count(*) FROM payment_attempts WHERE resolved_at IS NULL") == 2
    assert any("2 payment_attempts older than 90 days are unresolved and kept" in line for line in lines)
    assert any("25 older than 90 days deleted" in line for line in lines)
    assert maintain(aged.settings, PLAN).attempts_deleted == 0


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(aged: Ledger, lines: list[str]) -> None:
    files = aged.column(FILES) if aged.settings.is_postgresql else []
    result = maintain(aged.settings, DRY, lines.append)
    assert (result.attempts_deleted, result.indexes_rebuilt, result.tables_analyzed) == (0, 0, 0)
    assert aged.attempts() == 30
    assert "would delete 25 payment_attempts older than 90 days" in lines
    assert any("would rebuild index payments_by_merchant of payments" in line for line in lines)
    assert any("unresolved" in line for line in lines)
    if aged.settings.is_postgresql:
        assert aged.column(FILES) == files


def test_when_it_is_stopped_each_batch_is_whole_and_the_next_run_goes_on(aged: Ledger) -> None:
    def stop(line: str) -> None:
        if line.endswith("of 25 deleted"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        maintain(aged.settings, PLAN, stop)
    assert aged.attempts() == 20
    assert maintain(aged.settings, PLAN).attempts_deleted == 15


def test_every_index_is_rebuilt_and_every_table_analyzed(ledger: Ledger, lines: list[str]) -> None:
    before = set(ledger.column(FILES)) if ledger.settings.is_postgresql else set()
    result = maintain(ledger.settings, PLAN, lines.append)
    assert (result.tables_analyzed, result.findings) == (4, [])
    assert sum(line.startswith("index ") and "rebuilt" in line for line in lines) == result.indexes_rebuilt
    if ledger.settings.is_postgresql:
        after = ledger.column(FILES)
        assert result.indexes_rebuilt == len(after)
        assert before.isdisjoint(after)
        assert ledger.value(INVALID) == 0
        assert ledger.value("SELECT count(last_analyze) FROM pg_stat_user_tables") >= 4
    else:
        assert result.indexes_rebuilt >= 8
        assert ledger.value("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'payments'") > 0


def test_what_an_interrupted_rebuild_left_is_dropped(on_postgresql: Ledger, lines: list[str]) -> None:
    for name in ("payments_by_status_ccnew", "payments_by_status_ccold1", "mine_ccnew"):
        on_postgresql.run(f"CREATE INDEX {name} ON payments (status)")
    on_postgresql.run(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text LIKE 'payments_by_status_cc%'"
    )
    maintain(on_postgresql.settings, DRY, lines.append)
    assert sum("would drop the leftover" in line for line in lines) == 2
    assert maintain(on_postgresql.settings, PLAN).leftovers_dropped == 2
    assert on_postgresql.column("SELECT relname FROM pg_class WHERE relname ~ '_cc(new|old)'") == ["mine_ccnew"]


def test_a_held_lock_is_a_finding_and_the_rest_is_done(on_postgresql: Ledger) -> None:
    on_postgresql.attempt("payment-1", 3, days=100)
    with on_postgresql.holding("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE"):
        result = maintain(on_postgresql.settings, PLAN)
    assert (result.attempts_deleted, result.tables_analyzed) == (3, 3)
    assert {finding.partition(":")[0] for finding in result.findings} >= {"statistics of payments"}
    assert all("payments" in finding and "lock timeout" in finding for finding in result.findings)


def test_a_long_transaction_makes_a_finding_and_no_lasting_leftover(on_postgresql: Ledger) -> None:
    with on_postgresql.holding(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM payments"
    ) as reader:
        result = maintain(on_postgresql.settings, PLAN)
        assert result.findings
        assert reader.exec_driver_sql("SELECT count(*) FROM payments").scalar() == 3
        on_postgresql.pay()
    assert maintain(on_postgresql.settings, PLAN).findings == []
    assert on_postgresql.value(INVALID) == 0


COMMAND = """
from datetime import timedelta
from payment_service.maintenance.care import MaintenancePlan, maintain
maintain(settings, MaintenancePlan(lock_timeout=timedelta(minutes=1)))
"""


def test_a_rebuild_that_is_stopped_keeps_nobody_waiting_and_the_next_run_tidies_up(
    on_postgresql: Ledger, start: Start, wait: Wait
) -> None:
    rebuilding = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'REINDEX%' AND state = 'active' AND wait_event_type = 'Lock'
    """
    with on_postgresql.holding("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM payments"):
        started = start(COMMAND, on_postgresql.settings)
        wait("a rebuild waits for the transaction", lambda: on_postgresql.value(rebuilding) == 1)
        on_postgresql.run("SET lock_timeout = '5s'; UPDATE payments SET amount_minor = amount_minor + 1")
        _, errors = started.end(signal.SIGTERM)
        assert errors.endswith("TerminatedError: ended by SIGTERM\n")
        wait("the server has ended it", lambda: on_postgresql.value(rebuilding) == 0)
    assert on_postgresql.value(INVALID) > 0
    assert maintain(on_postgresql.settings, PLAN).leftovers_dropped > 0
    assert on_postgresql.value(INVALID) == 0


def test_an_attempt_that_somebody_holds_is_passed_over(on_postgresql: Ledger) -> None:
    on_postgresql.attempt("payment-1", 5, days=100)
    with on_postgresql.holding(
        "SELECT id FROM payment_attempts WHERE id = (SELECT min(id) FROM payment_attempts) FOR UPDATE"
    ):
        assert maintain(on_postgresql.settings, PLAN).attempts_deleted == 4
    assert maintain(on_postgresql.settings, PLAN).attempts_deleted == 1


def test_a_locked_file_makes_findings(on_sqlite: Ledger) -> None:
    with on_sqlite.engine.connect() as other:
        other.exec_driver_sql("PRAGMA user_version")
        other.connection.driver_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
        result = maintain(on_sqlite.settings, PLAN)
        other.connection.driver_connection.execute("ROLLBACK")  # type: ignore[union-attr]
    assert result.indexes_rebuilt == 0
    assert all("database is locked" in finding for finding in result.findings)
    assert maintain(on_sqlite.settings, PLAN).findings == []


def test_two_runs_do_not_overlap_on_postgresql(on_postgresql: Ledger) -> None:
    with (
        on_postgresql.holding(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"),
        pytest.raises(MaintenanceError, match="another run is at work"),
    ):
        maintain(on_postgresql.settings, PLAN)
    assert maintain(on_postgresql.settings, PLAN).findings == []


def test_two_runs_do_not_overlap_on_sqlite(on_sqlite: Ledger) -> None:
    with (
        exclusively(on_sqlite.settings.sqlite_path.parent),
        pytest.raises(MaintenanceError, match="another run is at work"),
    ):
        maintain(on_sqlite.settings, PLAN)


def test_it_ends_at_its_time_limit(ledger: Ledger) -> None:
    with pytest.raises(MaintenanceError, match="has not ended within"):
        maintain(ledger.settings, MaintenancePlan(time_limit=timedelta(microseconds=1)))


def test_who_does_not_own_the_tables_is_told(postgres: Postgres, on_postgresql: Ledger) -> None:
    postgres.sql("CREATE ROLE guest LOGIN")
    try:
        on_postgresql.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
        settings = on_postgresql.settings.model_copy(update={"user": "guest"})
        with pytest.raises(MaintenanceError, match="guest does not own"):
            maintain(settings, PLAN)
    finally:
        on_postgresql.run("DROP OWNED BY guest")
        postgres.sql("DROP ROLE guest")


def test_a_database_without_the_schema_is_named(postgres: Postgres, fresh_database: Postgres, tmp_path: Path) -> None:
    del postgres
    variables = {name.removeprefix("DB_").lower(): value for name, value in fresh_database.environment.items()}
    with pytest.raises(MaintenanceError, match="migrate up"):
        maintain(DatabaseSettings.model_validate(variables), PLAN)
    with pytest.raises(MaintenanceError, match="no such file"):
        maintain(DatabaseSettings(host=None, sqlite_path=tmp_path / "nowhere.db"), PLAN)
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (MaintenancePlan(retention=timedelta(hours=1)), "at least a day"),
        (MaintenancePlan(retention=timedelta(days=-90)), "at least a day"),
        (MaintenancePlan(batch_rows=0), "at least 1"),
    ],
)
def test_a_plan_that_would_delete_what_is_needed_is_refused(
    on_sqlite: Ledger, plan: MaintenancePlan, says: str
) -> None:
    with pytest.raises(MaintenanceError, match=says):
        maintain(on_sqlite.settings, plan)
