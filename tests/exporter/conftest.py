"""A payment database in a file, made by plain statements."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = """
CREATE TABLE payments (id TEXT, method TEXT, status TEXT, currency TEXT, amount_minor INTEGER, failure_reason TEXT);
CREATE TABLE refunds (id TEXT, status TEXT, currency TEXT, amount_minor INTEGER);
CREATE TABLE payment_attempts (id TEXT, created_at TEXT);
"""


class Database:
    """The file, and a way to change it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def run(self, script: str) -> None:
        connection = sqlite3.connect(self.file)
        connection.executescript(script)
        connection.commit()
        connection.close()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "payments.db")
    database.run(SCHEMA)
    return database
