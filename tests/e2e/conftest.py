"""The whole house of the demo, on top of a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sharing import DEMO, shared_by
from sockets import free_ports
from waiting import wait_until

from payment_bundle.demo.stack import Stack
from payment_bundle.demo.traffic import Traffic
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Postgres

    from payment_bundle.demo.ports import Ports

#: Of the house, while it is open.
_OPENED = ExitStack()

Wait = Callable[[str, float, Callable[[], bool]], None]


@pytest.fixture(scope="session")
def wait() -> Wait:
    """Wait for what takes servers a while."""
    return lambda what, limit, holds: wait_until(what, holds, limit, pause=0.25)


@dataclass(frozen=True)
class House:
    """The running demo, with customers and, for the security alerts, attackers."""

    stack: Stack
    ports: Ports
    directory: Path


@pytest.fixture(scope="session")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("house")
    ports = free_ports()
    with ExitStack() as opened:
        stack = opened.enter_context(Stack(Settings(), directory, ports, postgres.environment, lambda step: None))
        traffic = opened.enter_context(Traffic(stack.caller, 8, seed=3))
        traffic.attack(per_second=60, seconds=300)
        _OPENED.push(opened.pop_all())
    yield House(stack, ports, directory)
    _OPENED.close()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the house with the last test that shares it: until the session ends, it would keep a processor busy."""
    if shared_by(item.nodeid) == DEMO and (nextitem is None or shared_by(nextitem.nodeid) != DEMO):
        _OPENED.close()
