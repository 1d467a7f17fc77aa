"""What looks like an incident beside the service's traffic, and harms nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.host import BACKUPS
from payment_bundle.backtest.kinds.credentials import guessing, noticed
from payment_bundle.backtest.kinds.intrusion import scanned
from payment_bundle.backtest.kinds.kind import Hours, LookAlike
from payment_bundle.backtest.kinds.onset import out_of_date, seconds_into, setting_in
from payment_bundle.backtest.kinds.pods import withdraw
from payment_bundle.backtest.kinds.queries import behind, runs_long
from payment_bundle.backtest.kinds.resources import busy
from payment_catalog.vocabulary import ClusterStatus, ExporterCollector, SecurityEvent

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_MINUTE = timedelta(minutes=1)


def batch(world: World, when: slice, rng: np.random.Generator) -> None:
    """Run a report at night: processors busy, statements long but below the limit, a standby that waits for it."""
    busy(0.85)(world, when, rng)
    runs_long(timedelta(seconds=45))(world, when, rng)
    behind(60, 4 * _MINUTE)(world, when, rng)


def rotation(world: World, when: slice, rng: np.random.Generator) -> None:
    """Write an archive beside what it replaces, which is then removed."""
    del rng
    risen = np.linspace(0, 1, when.stop - when.start)
    world.host.disks[BACKUPS][when] += 0.22 * risen


def garbage(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let caches be warm for a while: a process needs much memory, and gives it back."""
    world.leaks.memory[0, when] *= 1 + 0.5 * setting_in(world, when, rng, 20 * _MINUTE, 0.02)
    world.leaks.files[0, when] *= 1 + 1.5 * setting_in(world, when, rng, 5 * _MINUTE, 0.02)


def reindexed(world: World, when: slice, rng: np.random.Generator) -> None:
    """Restart a node of Elasticsearch: shards have no copy for some minutes, and lines are late."""
    del rng
    world.logs.colour[when] = ClusterStatus.YELLOW
    world.logs.lag[when] += np.minimum(seconds_into(world, when), 90)


def fluentd_restarted(world: World, when: slice, rng: np.random.Generator) -> None:
    """Restart Fluentd."""
    del rng
    world.logs.running[when] = 0


def slow_disk(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let a collector of the exporter miss its time once or twice."""
    del rng
    world.collectors.works[ExporterCollector.HOST][when] = 0


def maintenance(world: World, when: slice, rng: np.random.Generator) -> None:
    """Move a pod to another node: it is not ready for a minute or two, and the others serve."""
    del rng
    withdraw(world, when, 1)


#: One run of the backup is left out, and the next takes long: it comes within the RPO.
_LATE = out_of_date(timedelta(minutes=2), lambda world: world.backups.last)

LOOK_ALIKES = (
    LookAlike("nightly-batch", "A report runs at night", 3, 9 * _MINUTE, batch, Hours.QUIET),
    LookAlike("backup-late", "A backup comes late, but within the RPO", 1, 10 * _MINUTE, _LATE),
    LookAlike("disk-rotation", "A disk fills while files are replaced, and is freed", 1, 50 * _MINUTE, rotation),
    LookAlike("caches-warm", "A process needs much memory for a while", 1, 90 * _MINUTE, garbage),
    LookAlike("wrong-key", "A merchant's new release has the wrong key", 1, 3 * _MINUTE, guessing(3, spread_out=True)),
    LookAlike("crawler", "A crawler asks for some odd paths", 1, 2 * _MINUTE, scanned(0.3)),
    LookAlike(
        "merchant-slip",
        "A merchant tries a payment that is not his",
        1,
        2 * _MINUTE,
        noticed(SecurityEvent.FORBIDDEN, 2 * _MINUTE, 1),
        Hours.OFFICE,
    ),
    LookAlike("search-node-restarted", "A node of Elasticsearch restarts", 0.5, 6 * _MINUTE, reindexed),
    LookAlike("fluentd-restarted", "Fluentd restarts", 0.5, _MINUTE, fluentd_restarted),
    LookAlike("collector-late", "A collector misses its time", 1, _MINUTE, slow_disk),
    LookAlike("pod-moved", "A pod moves to another node", 1, 2 * _MINUTE, maintenance),
)
