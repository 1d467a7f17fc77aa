"""Standbys are counted, and their lag is told, on real servers."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.postgres_reading import collector_of, read
from sockets import free_port
from waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres_server import Postgres

LAG: tuple[str, ...] = ("database_replication_lag_seconds",)
REPLICAS: tuple[str, ...] = ("database_replicas",)


@contextmanager
def standby_of(primary: Postgres) -> Iterator[Postgres]:
    """A standby that streams, made by pg_basebackup as the user that the server runs as."""
    port = str(free_port())
    directory = str(primary.data / "standby")
    program, cluster = str(primary.binaries / "pg_ctl"), str(primary.data / "cluster")
    user = primary.control[: primary.control.index(program)]
    variables = primary.environment
    subprocess.run(
        [
            *(*user, str(primary.binaries / "pg_basebackup"), "-D", directory, "-R", "-X", "stream", "-c", "fast"),
            *("--no-sync", "-h", variables["DB_HOST"], "-p", variables["DB_PORT"], "-U", variables["DB_USER"]),
        ],
        check=True,
        capture_output=True,
        timeout=120,
        cwd="/",
    )
    standby = replace(
        primary,
        environment={**variables, "DB_PORT": port},
        control=tuple(directory if word == cluster else word for word in primary.control),
    )
    standby.start()
    try:
        yield standby
    finally:
        standby.stop()


def test_standbys_are_counted_and_their_lag_is_told_on_both_sides(mortal_postgres: Postgres) -> None:
    primary = mortal_postgres
    primary.sql("CREATE ROLE plain LOGIN")
    primary.sql("CREATE TABLE writes (number integer)")
    # A standby tells how far it is so often.
    primary.sql("ALTER SYSTEM SET wal_receiver_status_interval = '1s'")
    with collector_of(primary) as on_primary, collector_of(primary, user="plain") as by_plain:
        samples = read(on_primary)
        assert (samples[REPLICAS], samples[LAG]) == (0, 0)
        assert read(by_plain)[REPLICAS] == 0

        with standby_of(primary) as standby, collector_of(standby) as on_standby:
            wait_until("the standby streams", lambda: read(on_primary)[REPLICAS] == 1)
            hidden = read(by_plain)
            assert REPLICAS not in hidden
            assert LAG not in hidden
            assert read(on_standby)[REPLICAS] == 0

            primary.sql("INSERT INTO writes VALUES (1)")
            wait_until("it is replayed", lambda: standby.sql("SELECT count(*) FROM writes") == "1")
            wait_until("the standby has caught up", lambda: read(on_standby)[LAG] == 0)
            with collector_of(standby, user="plain") as by_plain_there:
                assert read(by_plain_there)[LAG] == 0

            standby.sql("SELECT pg_wal_replay_pause()")
            wait_until("it pauses", lambda: standby.sql("SELECT pg_get_wal_replay_pause_state()") == "paused")
            primary.sql("INSERT INTO writes VALUES (2)")
            wait_until("the standby is behind", lambda: read(on_standby)[LAG] > 0.5)
            wait_until("the primary sees it", lambda: read(on_primary)[LAG] > 0.5)
            first = read(on_standby)[LAG]
            wait_until("it falls further behind", lambda: read(on_standby)[LAG] > first)
            standby.sql("SELECT pg_wal_replay_resume()")
            wait_until("it has caught up again", lambda: read(on_standby)[LAG] == 0)

            primary.stop()
            wait_until("a standby that is cut off falls behind", lambda: read(on_standby)[LAG] > 0)
            primary.start()
            wait_until("it streams again", lambda: read(on_primary)[REPLICAS] == 1)
            wait_until("it is not behind any more", lambda: read(on_standby)[LAG] == 0)
        wait_until("the standby is gone", lambda: read(on_primary)[REPLICAS] == 0)
