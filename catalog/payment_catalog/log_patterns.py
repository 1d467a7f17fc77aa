"""What the runbook searches the logs for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What the runbook greps the lines for; its ``ERROR`` is their level.
GREPPED: Mapping[LogPattern, str] = {
    LogPattern.PAYMENT_FAILED: "payment.*failed",
    LogPattern.RATE_LIMIT: "rate limit",
    LogPattern.AUTH_FAILED: "auth.*failed",
}
