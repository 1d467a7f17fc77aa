"""Payments and refunds are counted by the transaction that ends them, so that nobody has to count the rows."""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = ("slot", "subject", "method", "status", "currency", "reason")
#: Rows that a combination can have. A transaction counts in the first slot that no other one holds until it ends, so
#: that none waits for another, also not for one that was left open; the last slot is shared when all are taken.
SLOTS = 64
#: Tells the slots' advisory locks from those of others.
LOCKS = 0x746F74  # "tot"


@dataclass(frozen=True)
class Counted:
    """A table whose rows are counted when they reach a final status; ``method`` and ``reason`` are expressions."""

    table: str
    subject: str
    final: str
    method: str
    reason: str


@dataclass(frozen=True)
class Event:
    """What can make a row reach a status. ``reached`` has the rows that do, in PostgreSQL; ``when`` is SQLite's."""

    name: str
    transition: str
    reached: str
    when: str


COUNTED = (
    Counted("payments", "payment", "('succeeded', 'failed', 'cancelled')", "method", "coalesce(failure_reason, '')"),
    Counted("refunds", "refund", "('succeeded', 'failed')", "''", "''"),
)
EVENTS = (
    Event("insert", "NEW TABLE AS after", "after", ""),
    Event(
        "update",
        "OLD TABLE AS before NEW TABLE AS after",
        "(SELECT after.* FROM after JOIN before USING (id) WHERE after.status <> before.status) AS changed",
        "AND NEW.status <> OLD.status",
    ),
)
TRIGGERS = tuple((counted, event, f"count_{counted.table}_at_{event.name}") for counted in COUNTED for event in EVENTS)
ADDITION = """
  SET number = business_totals.number + excluded.number,
      amount_minor = business_totals.amount_minor + excluded.amount_minor
"""


def upgrade() -> None:
    op.create_table(
        "business_totals",
        sa.Column("slot", sa.SmallInteger, nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="business_totals_key"),
    )
    if _is_postgresql():
        # Its few rows are written again and again; room on their pages spares the index.
        op.execute("ALTER TABLE business_totals SET (fillfactor = 50)")
        op.execute(f"""
            CREATE FUNCTION count_slot() RETURNS smallint LANGUAGE plpgsql AS $$
            BEGIN
              FOR slot IN 0..{SLOTS - 2} LOOP
                IF pg_try_advisory_xact_lock({LOCKS}, slot) THEN
                  RETURN slot;
                END IF;
              END LOOP;
              RETURN {SLOTS - 1};
            END $$
        """)
    for counted, event, name in TRIGGERS:
        (_count_in_postgresql if _is_postgresql() else _count_in_sqlite)(counted, event, name)
    for counted in COUNTED:
        # Writers wait since the triggers were made: no row is counted twice, none is left out.
        op.execute(
            f"INSERT INTO business_totals SELECT 0, '{counted.subject}', {counted.method}, status, currency, "
            f"{counted.reason}, count(*), sum(amount_minor) FROM {counted.table} WHERE status IN {counted.final} "
            "GROUP BY 3, 4, 5, 6"
        )


def downgrade() -> None:
    for counted, _, name in TRIGGERS:
        if _is_postgresql():
            op.execute(f"DROP TRIGGER {name} ON {counted.table}")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    if _is_postgresql():
        op.execute("DROP FUNCTION count_slot()")
    op.drop_table("business_totals")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _count_in_postgresql(counted: Counted, event: Event, name: str) -> None:
    """Count once a statement: a million rows cost one addition. In one order: no two statements wait in a circle."""
    op.execute(f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
          INSERT INTO business_totals
          SELECT count_slot(), '{counted.subject}', {counted.method}, status, currency, {counted.reason},
            count(*), sum(amount_minor)
          FROM {event.reached} WHERE status IN {counted.final}
          GROUP BY 3, 4, 5, 6 ORDER BY 3, 4, 5, 6
          ON CONFLICT ON CONSTRAINT business_totals_key DO UPDATE {ADDITION};
          RETURN NULL;
        END $$
    """)
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event.name} ON {counted.table} REFERENCING {event.transition} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _count_in_sqlite(counted: Counted, event: Event, name: str) -> None:
    op.execute(f"""
        CREATE TRIGGER {name} AFTER {event.name} ON {counted.table}
        WHEN NEW.status IN {counted.final} {event.when}
        BEGIN
          INSERT INTO business_totals
          SELECT 0, '{counted.subject}', {counted.method}, status, currency, {counted.reason}, 1, amount_minor
          FROM {counted.table} WHERE id = NEW.id
          ON CONFLICT ({", ".join(KEY)}) DO UPDATE {ADDITION};
        END
    """)
