"""What looks like an incident of the service's traffic, and harms nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.backtest.kinds.flow_strikes import share, times, together
from payment_bundle.backtest.kinds.kind import Hours, LookAlike
from payment_bundle.backtest.kinds.onset import steps

if TYPE_CHECKING:
    import numpy as np

    from payment_bundle.backtest.world import World

_MINUTE = timedelta(minutes=1)
#: A process of the new release starts within it.
_RESTART = timedelta(seconds=30)
#: Between two instances of a roll-out.
_BETWEEN = 3 * _MINUTE


def deployment(world: World, when: slice, rng: np.random.Generator) -> None:
    """Restart one instance after the other; each is slow until its caches are filled, and the rest serves."""
    _rollout(world, when, rng, slow=1.6)


def cold_deployment(world: World, when: slice, rng: np.random.Generator) -> None:
    """Do the same with a release whose caches take longer to fill."""
    _rollout(world, when, rng, slow=6)


def _rollout(world: World, when: slice, rng: np.random.Generator, slow: float) -> None:
    flow, updated = world.flow, world.kubernetes.updated
    instances = len(flow.up)
    for number in range(instances):
        begins = when.start + number * steps(world, _BETWEEN)
        down = slice(begins, begins + steps(world, _RESTART))
        flow.up[number, down] = 0
        updated[begins : when.stop] = number + 1
        cold = slice(down.stop, down.stop + steps(world, 1.5 * _MINUTE))
        flow.delay[cold] *= 1 + (slow - 1) * rng.uniform(0.5, 1)


def restarted(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let one process crash; it is back within a minute."""
    number = int(rng.integers(len(world.flow.up)))
    world.flow.up[number, when] = 0
    world.kubernetes.restarts[number, when.start] = 1


def missed(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let one scrape of an instance be missed."""
    world.flow.missed[int(rng.integers(len(world.flow.up))), when.start] = 1


def drained(world: World, when: slice, rng: np.random.Generator) -> None:
    """Take each instance out of service for some minutes, one after the other, as for work on its node."""
    del rng
    flow = world.flow
    length = (when.stop - when.start) // len(flow.up)
    for number in range(len(flow.up)):
        begins = when.start + number * length
        flow.up[number, begins : begins + max(1, min(length - 1, steps(world, 3 * _MINUTE)))] = 0


def slow_bot(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let one bot ask steadily for payments, and for some that are not there."""
    pace = rng.uniform(0.3, 0.8)
    world.flow.bots_served[when] += pace
    world.flow.bots_unmatched[when] += 0.1 * pace


LOOK_ALIKES = (
    LookAlike("deployment", "A release is rolled out", 5, 10 * _MINUTE, deployment, Hours.OFFICE),
    LookAlike("cold-deployment", "A release is slow at first", 0.5, 10 * _MINUTE, cold_deployment, Hours.OFFICE),
    LookAlike("process-crashed", "One process crashes and is back at once", 1, _RESTART, restarted),
    LookAlike("scrape-missed", "A scrape is missed", 5, _MINUTE, missed),
    LookAlike("maintenance", "Nodes are worked on, one after the other", 0.5, 12 * _MINUTE, drained, Hours.QUIET),
    LookAlike(
        "errors-blip",
        "For a minute, many requests are answered with 500",
        2,
        _MINUTE,
        share(lambda flow: flow.server_errors, 0.3),
    ),
    LookAlike(
        "gateway-blip", "For a minute, the gateway fails", 2, _MINUTE, share(lambda flow: flow.gateway_failures, 0.8)
    ),
    LookAlike(
        "slow-blip", "For a minute and a half, answers are slow", 2, 1.5 * _MINUTE, times(lambda flow: flow.delay, 12)
    ),
    LookAlike("slow-bot", "One bot asks steadily", 3, 120 * _MINUTE, slow_bot),
    LookAlike(
        "campaign",
        "A campaign brings three times as many customers",
        0.75,
        180 * _MINUTE,
        together(times(lambda flow: flow.wanted, 3, 20 * _MINUTE), times(lambda flow: flow.delay, 1.15, 20 * _MINUTE)),
        Hours.BUSY,
    ),
    LookAlike(
        "few-more-declines",
        "Issuers decline a little more",
        1,
        40 * _MINUTE,
        share(lambda flow: flow.declines, 0.025, 10 * _MINUTE),
        Hours.BUSY,
    ),
)
