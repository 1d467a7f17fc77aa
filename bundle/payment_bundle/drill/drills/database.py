"""Incidents of the database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.crowd import crowd
from payment_bundle.drill.drill import Drill, Expected, Need, Shows
from payment_bundle.drill.drills.consequences import ERRORS, FAILED_PAYMENTS, SLOWNESS
from payment_bundle.drill.house import POOL
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import Currency, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from payment_bundle.drill.scene import Scene

_TIMEOUT = 12
#: Longer than any drill.
_SLEEP = "SELECT pg_sleep(36000)"
_TIMES = 1_000


@contextmanager
def _down(scene: Scene) -> Iterator[None]:
    scene.postgres.stop()
    try:
        yield
    finally:
        scene.postgres.start()


@contextmanager
def _table_is_locked(scene: Scene) -> Iterator[None]:
    try:
        with scene.postgres.session("BEGIN", "LOCK TABLE payments IN ACCESS EXCLUSIVE MODE", _SLEEP):
            yield
    finally:
        scene.postgres.forget_statements()


@contextmanager
def _pool_is_exhausted(scene: Scene) -> Iterator[None]:
    """Have each insertion take as long as one that waits for a busy disk, and more customers than connections."""
    house, postgres = scene.house, scene.postgres
    postgres.sql(
        "CREATE FUNCTION drill_wait() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END $$"
    )
    postgres.sql("CREATE TRIGGER drill_wait BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION drill_wait()")
    headers = {"Authorization": f"Bearer {house.storm_key}"}

    def pay(session: requests.Session) -> None:
        body = {"amount_minor": 1000, "currency": Currency.MYR.value, "method": PaymentMethod.FPX.value}
        session.post(f"{house.caller.url}/payments", json=body, headers=headers, timeout=_TIMEOUT)

    try:
        with crowd(pay, per_second=20, people=2 * POOL):
            yield
    finally:
        postgres.sql("DROP TRIGGER drill_wait ON payments")
        postgres.sql("DROP FUNCTION drill_wait()")
        postgres.forget_statements()


@contextmanager
def _statements_are_slow(scene: Scene) -> Iterator[None]:
    postgres = scene.postgres
    postgres.forget_statements()
    try:
        with postgres.session(*["SELECT count(*) AS drill, pg_sleep(1.4) FROM payments"] * _TIMES):
            yield
    finally:
        postgres.forget_statements()


DRILLS = (
    Drill(
        "database-down",
        "The database server has crashed",
        IncidentKey.SERVICE_UNAVAILABLE,
        _down,
        (Expected("ServiceNotReady", Team.SERVICE_OUTAGE, Priority.P1),),
        ERRORS | FAILED_PAYMENTS | SLOWNESS | {"ExporterCollectorFails"},
        (
            Shows("Check readiness", r'"database":\s*\{"up":\s*false|503|not ready'),
            Shows("Check logs for errors", r"(?i)database|connection refused"),
        ),
        needs=frozenset({Need.POSTGRES}),
    ),
    Drill(
        "lock-held",
        "Somebody's transaction holds a lock on the table payments",
        IncidentKey.HIGH_ERROR_RATE,
        _table_is_locked,
        (Expected("LocksWaiting", Team.DATA_ISSUE, Priority.P2),),
        ERRORS | FAILED_PAYMENTS | SLOWNESS | {"ExporterCollectorFails", "DatabasePoolNearLimit", "ServiceNotReady"},
        (Shows("Find waiting locks", r"relation\s*\|.*(Share|Exclusive)Lock"),),
        needs=frozenset({Need.POSTGRES}),
    ),
    Drill(
        "pool-exhausted",
        "Insertions take long, and every connection of the pool is in use",
        IncidentKey.PERFORMANCE_DEGRADATION,
        _pool_is_exhausted,
        (Expected("DatabasePoolNearLimit", Team.PERFORMANCE_ISSUE, Priority.P2),),
        ERRORS | FAILED_PAYMENTS | SLOWNESS | {"ServiceNotReady", "SlowStatement"},
        (Shows("Check the connection pool", rf'(?m)^db_connections\{{.*state="in_use".*\}} {POOL}\.0'),),
        needs=frozenset({Need.POSTGRES}),
    ),
    Drill(
        "slow-queries",
        "A report reads the table payments in 1.4 s, again and again",
        IncidentKey.PERFORMANCE_DEGRADATION,
        _statements_are_slow,
        (Expected("SlowStatement", Team.DATA_ISSUE, Priority.P3),),
        shows=(Shows("Find slow statements", r"AS drill, pg_sleep"),),
        needs=frozenset({Need.POSTGRES}),
    ),
)
