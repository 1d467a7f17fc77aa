"""A real PostgreSQL server, one for each pytest process, started when the first test asks for it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from postgres_server import Postgres, postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for everyone: tests leave it running."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def mortal_postgres() -> Iterator[Postgres]:
    """A server of one's own, which may be stopped and started."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def fresh_database(postgres: Postgres) -> Iterator[Postgres]:
    """An empty database of its own on that server, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    postgres.sql(f"CREATE DATABASE {name}")
    try:
        yield postgres.named(name)
    finally:
        postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
