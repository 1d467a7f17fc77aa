"""What can happen to the simulated service: every kind of incident of the runbook, and what only looks like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.backtest.kinds import availability, business, errors, flow_everyday, slowness
from payment_bundle.backtest.kinds.ground import GROUND_KINDS, GROUND_LOOK_ALIKES

if TYPE_CHECKING:
    from payment_bundle.backtest.kinds.kind import Kind, LookAlike

KINDS: tuple[Kind, ...] = (
    *availability.KINDS,
    *errors.KINDS,
    *slowness.KINDS,
    *business.KINDS,
    *GROUND_KINDS,
)
LOOK_ALIKES: tuple[LookAlike, ...] = (*flow_everyday.LOOK_ALIKES, *GROUND_LOOK_ALIKES)
