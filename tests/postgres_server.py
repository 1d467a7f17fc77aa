"""A real PostgreSQL server of one's own, in a directory that is removed at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sockets import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Postgres:
    """A database of a PostgreSQL server."""

    environment: dict[str, str]
    binaries: Path
    control: tuple[str, ...]
    data: Path

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

    def named(self, database: str, user: str | None = None) -> Postgres:
        """Return another database of the same server."""
        variables = {**self.environment, "DB_NAME": database}
        return replace(self, environment={**variables, "DB_USER": user or variables["DB_USER"]})

    def start(self) -> None:
        options = (
            f"-p {self.environment['DB_PORT']} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.data} "
            "-c shared_preload_libraries=pg_stat_statements -c fsync=off"
        )
        self._control("-o", options, "-l", str(self.data / "cluster" / "log"), "start")

    def stop(self) -> None:
        """End the server at once, as a crash would."""
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str) -> None:
        subprocess.run([*self.control, *arguments], check=True, stdout=subprocess.DEVNULL, timeout=90, cwd="/")


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Run a server with the empty database ``payment_service``; pg_stat_statements is loaded and not installed."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
    # Not below pytest's own directory: each new session closes that one to other users.
    data = Path(tempfile.mkdtemp(prefix="payment-postgres-"))
    user: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(data, account.pw_uid, account.pw_gid)
        user = [shutil.which("runuser") or "runuser", "-u", "postgres", "--"]
    port = free_port()
    cluster = str(data / "cluster")
    subprocess.run(
        [*user, binaries / "initdb", "-D", cluster, "-U", "payment_service", "--auth=trust", "--no-sync"],
        check=True,
        capture_output=True,
        timeout=120,
        cwd="/",
    )
    environment = {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(port),
        "DB_USER": "payment_service",
        "DB_NAME": "payment_service",
    }
    server = Postgres(environment, binaries, (*user, str(binaries / "pg_ctl"), "-D", cluster, "-w", "-t", "60"), data)
    try:
        server.start()
        server.named("postgres").sql("CREATE DATABASE payment_service")
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):
            server.stop()
        shutil.rmtree(data, ignore_errors=True)
