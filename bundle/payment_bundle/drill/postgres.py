"""A PostgreSQL server for the drills, in a directory that is removed at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from payment_bundle.demo.ports import LOOPBACK
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = "payment_service"
_SESSION = "drill"
_END_SESSION = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'drill'"
_LIMIT = 120.0
#: Debian keeps a version's programs out of PATH.
_DEBIAN = Path("/usr/lib/postgresql")


class PostgresError(ForeseenError):
    """The server could not be made, started or asked."""


def postgres_programs() -> Path | None:
    """Return the directory of initdb, pg_ctl and psql; ``None`` where PostgreSQL is not installed."""
    debian = max(_DEBIAN.glob("*/bin"), default=None, key=lambda path: path.parent.name.zfill(3))
    found = shutil.which("initdb")
    return debian or (Path(found).parent if found else None)


class Postgres:
    """The server. In its ``with`` block it runs, with the database of the service and pg_stat_statements in it."""

    def __init__(self, programs: Path, port: int) -> None:
        self._programs = programs
        self._port = port
        self._user: tuple[str, ...] = ()
        self._exit = ExitStack()

    @property
    def environment(self) -> dict[str, str]:
        """What the service and the exporter are told."""
        return {"DB_HOST": LOOPBACK, "DB_PORT": str(self._port), "DB_USER": _NAME, "DB_NAME": _NAME}

    def __enter__(self) -> Postgres:
        """Make the cluster and start it; raises PostgresError."""
        # Not below a directory that only its owner may enter: the server may run as somebody else.
        self._data = Path(tempfile.mkdtemp(prefix="payobs-drill-postgres-"))
        self._exit.callback(shutil.rmtree, self._data, ignore_errors=True)
        try:
            if os.getuid() == 0:  # as whom the server refuses to run
                account = pwd.getpwnam("postgres")
                os.chown(self._data, account.pw_uid, account.pw_gid)
                self._user = (shutil.which("runuser") or "runuser", "-u", account.pw_name, "--")
            self._run(
                *(*self._user, str(self._programs / "initdb"), "-D", str(self._cluster)),
                *("-U", _NAME, "--auth=trust", "--no-sync"),
            )
            self.start()
            self._exit.callback(self._end)
            self.sql(f"CREATE DATABASE {_NAME}", database="postgres")
            self.sql("CREATE EXTENSION pg_stat_statements")
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the server and remove its data."""
        self._exit.close()

    def start(self) -> None:
        """Start the server and wait until it answers; raises PostgresError."""
        options = (
            f"-p {self._port} -c listen_addresses={LOOPBACK} -c unix_socket_directories={self._data} "
            "-c shared_preload_libraries=pg_stat_statements -c fsync=off"
        )
        self._control("-o", options, "-l", str(self._cluster / "log"), "start")

    def stop(self) -> None:
        """End the server at once, as a crash would; raises PostgresError."""
        self._control("-m", "immediate", "stop")

    def sql(self, statement: str, database: str = _NAME) -> str:
        """Return what psql prints for ``statement``; raises PostgresError."""
        return self._run(*self.psql(statement, database)).strip()

    def forget_statements(self) -> None:
        """Have the server measure statements from now on; raises PostgresError."""
        self.sql("SELECT pg_stat_statements_reset()")

    @contextmanager
    def session(self, *statements: str) -> Iterator[None]:
        """Run ``statements`` in one session while the block runs, and end it there; raises PostgresError."""
        commands = [word for statement in statements for word in ("-c", statement)]
        with (
            subprocess.Popen(  # noqa: S603 - the commands are the drill's own
                [*self.psql(statements[0])[:-2], *commands],
                env={**os.environ, "PGAPPNAME": _SESSION},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as client
        ):
            try:
                yield
            finally:
                client.kill()
                self.sql(_END_SESSION)

    def psql(self, statement: str, database: str = _NAME) -> tuple[str, ...]:
        """Return the command that runs ``statement``."""
        address = ("-h", LOOPBACK, "-p", str(self._port), "-U", _NAME, "-d", database)
        return (str(self._programs / "psql"), *address, "-v", "ON_ERROR_STOP=1", "-At", "-c", statement)

    @property
    def _cluster(self) -> Path:
        return self._data / "cluster"

    def _end(self) -> None:
        with suppress(PostgresError):  # a drill may have ended it
            self.stop()

    def _control(self, *arguments: str) -> None:
        command = (*self._user, str(self._programs / "pg_ctl"), "-D", str(self._cluster), "-w", "-t", "60")
        self._run(*command, *arguments, quiet=True)

    def _run(self, *command: str, quiet: bool = False) -> str:
        """Run a command; what a ``quiet`` one starts may keep its output open, which would be waited for."""
        output = subprocess.DEVNULL if quiet else subprocess.PIPE
        own = command[len(self._user) :] if command[: len(self._user)] == self._user else command
        name = Path(own[0]).name
        try:
            done = subprocess.run(  # noqa: S603 - the commands are the drill's own
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
                timeout=_LIMIT,
                cwd="/",
                text=True,
            )
        except subprocess.CalledProcessError as error:
            raise PostgresError(f"{name} ended with code {error.returncode}: {(error.stderr or '').strip()}") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PostgresError(f"{name}: {error}") from None
        return done.stdout or ""
