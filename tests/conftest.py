"""What every test can have: what the bundle generates, a real PostgreSQL server, and a Ctrl-C that works."""

from __future__ import annotations

import shutil
import signal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import payobs
from postgres_server import Postgres, postgres_server
from sharing import shared_by
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]

_numbers = count(1)


def pytest_configure() -> None:
    """Have Ctrl-C end what the tests start, also where they run in the background of a script, which ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """One process runs the tests of a file, and one those of all files that share a dear server."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return shared_by(nodeid) or file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Decide which process runs which test."""
    return ByFile(config, log)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's ``bundle.yaml`` and, in ``generated``, what comes of it: tests read or copy it."""
    home = tmp_path_factory.mktemp("shipped")
    shutil.copy(ROOT / "bundle.yaml", home)
    made = payobs("generate", "--config", str(home / "bundle.yaml"), "--out", str(home / "generated"))
    assert made.code == 0, made.out + made.err
    return home


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
