"""The migration that makes the totals counts what is there, once, and can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, create_engine, text

from payment_service.ledger import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Postgres
    from sqlalchemy import Connection

PAYMENT = text(
    "INSERT INTO payments (id, merchant, idempotency_key, request_digest, amount_minor, currency, method, status, "
    "failure_reason, created_at, updated_at) VALUES (:id, 'shop', :id, '', :amount, 'MYR', 'card', :status, :reason, "
    "'2026-01-02 03:04:05', '2026-01-02 03:04:05')"
)
REFUND = text(
    "INSERT INTO refunds (id, payment_id, merchant, idempotency_key, amount_minor, currency, status, created_at, "
    "updated_at) VALUES ('r', :payment, 'shop', 'r', 30, 'MYR', 'succeeded', '2026-01-02 03:04:05', "
    "'2026-01-02 03:04:05')"
)
TOTALS = text(
    "SELECT subject, method, status, reason, sum(number), sum(amount_minor) FROM business_totals "
    "GROUP BY subject, method, status, reason ORDER BY subject, method, status, reason"
)
COUNTED = [
    ("payment", "card", "failed", "declined", 1, 7),
    ("payment", "card", "succeeded", "", 2, 300),
    ("refund", "", "succeeded", "", 1, 30),
]


@pytest.fixture(params=["postgresql", "sqlite"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    if request.param == "sqlite":
        url: Any = f"sqlite:///{tmp_path}/payments.db"
    else:
        database: Postgres = request.getfixturevalue("fresh_database")
        variables = database.environment
        url = URL.create(
            "postgresql+psycopg",
            username=variables["DB_USER"],
            host=variables["DB_HOST"],
            port=int(variables["DB_PORT"]),
            database=variables["DB_NAME"],
        )
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def migrate(connection: Connection, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, revision)
    connection.commit()


def pay(connection: Connection, number: str, amount: int, status: str, reason: str | None = None) -> None:
    connection.execute(PAYMENT, {"id": number, "amount": amount, "status": status, "reason": reason})


def totals(connection: Connection) -> list[tuple[Any, ...]]:
    return [(*row[:4], int(row[4]), int(row[5])) for row in connection.execute(TOTALS)]


def test_what_is_there_is_counted_once_and_what_comes_is_added(connection: Connection) -> None:
    migrate(connection, "0002")
    pay(connection, "1", 100, "succeeded")
    pay(connection, "2", 200, "succeeded")
    pay(connection, "3", 7, "failed", "declined")
    pay(connection, "4", 8, "pending")
    connection.execute(REFUND, {"payment": "1"})
    connection.commit()
    migrate(connection, "0003")
    assert totals(connection) == COUNTED
    connection.execute(text("UPDATE payments SET status = 'cancelled' WHERE id = '4'"))
    assert totals(connection) == sorted([*COUNTED, ("payment", "card", "cancelled", "", 1, 8)])


def test_it_can_be_taken_back_and_made_again(connection: Connection) -> None:
    migrate(connection, "0003")
    pay(connection, "1", 100, "succeeded")
    before = totals(connection)
    migrate(connection, "0002", down=True)
    pay(connection, "2", 100, "pending")
    connection.execute(text("UPDATE payments SET status = 'failed' WHERE id = '2'"))
    migrate(connection, "0003")
    assert before == [("payment", "card", "succeeded", "", 1, 100)]
    assert totals(connection) == [("payment", "card", "failed", "", 1, 100), *before]
