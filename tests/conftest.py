"""What every test can have: a real PostgreSQL server, one for each pytest process, and a Ctrl-C that works."""

from __future__ import annotations

import signal
from itertools import count
from typing import TYPE_CHECKING

import pytest
from postgres_server import Postgres, postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = count(1)


def pytest_configure() -> None:
    """Have Ctrl-C end what the tests start, also where they run in the background of a script, which ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process run the tests of a file, and one all of those that share the running demo, which is dear."""
    for item in items:
        shares_the_demo = "house" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("house" if shares_the_demo else str(item.path)))


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
