"""Real servers: PostgreSQL, and the whole house of the demo on top of it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from payment_bundle.demo.ports import Ports
from payment_bundle.demo.stack import Stack
from payment_bundle.demo.traffic import Traffic
from payment_catalog.settings import Settings

Wait = Callable[[str, float, Callable[[], bool]], None]


def wait_until(what: str, limit: float, holds: Callable[[], bool]) -> None:
    """Wait until ``holds()``, at most ``limit`` seconds; the test fails with ``what`` it waited for."""
    deadline = monotonic() + limit
    while not holds():
        assert monotonic() < deadline, f"not within {limit:.0f} s: {what}"
        sleep(0.25)


@pytest.fixture(scope="session")
def wait() -> Wait:
    return wait_until


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL server with an empty database."""

    environment: dict[str, str]
    binaries: Path

    def sql(self, statement: str) -> str:
        """Run ``statement`` by psql, as the runbook does, and return what it prints."""
        variables = self.environment
        return subprocess.run(
            [
                str(self.binaries / "psql"),
                *("-h", variables["DB_HOST"], "-p", variables["DB_PORT"]),
                *("-U", variables["DB_USER"], "-d", variables["DB_NAME"], "-Atc", statement),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout.strip()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
    data = tmp_path_factory.mktemp("postgres")
    user: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(data, account.pw_uid, account.pw_gid)
        for directory in data.parents:
            if directory.owner() == "root" and directory != Path("/") and directory.is_relative_to("/tmp"):
                directory.chmod(directory.stat().st_mode | 0o011)
        user = [shutil.which("runuser") or "runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cluster = data / "cluster"
    subprocess.run(
        [*user, binaries / "initdb", "-D", cluster, "-U", "payment_service", "--auth=trust", "--no-sync"],
        check=True,
        capture_output=True,
        timeout=120,
        cwd="/",
    )
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} "
        "-c shared_preload_libraries=pg_stat_statements -c fsync=off"
    )
    control = [*user, binaries / "pg_ctl", "-D", cluster, "-w", "-t", "60"]
    subprocess.run(
        [*control, "-o", options, "-l", cluster / "log", "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=90,
        cwd="/",
    )
    environment = {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(port),
        "DB_USER": "payment_service",
        "DB_NAME": "payment_service",
    }
    server = Postgres(environment, binaries)
    try:
        subprocess.run(
            [binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "payment_service", "payment_service"],
            check=True,
            timeout=30,
        )
        server.sql("CREATE EXTENSION pg_stat_statements")
        yield server
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, timeout=60, cwd="/")


@dataclass(frozen=True)
class House:
    """The running demo, with customers and, for the security alerts, attackers."""

    stack: Stack
    ports: Ports
    directory: Path


@pytest.fixture(scope="session")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("house")
    ports = Ports.any_free()
    with (
        Stack(Settings(), directory, ports, postgres.environment, lambda step: None) as stack,
        Traffic(stack.caller, 8, seed=3) as traffic,
    ):
        traffic.attack(per_second=60, seconds=300)
        yield House(stack, ports, directory)
