"""Fluentd itself: its processes and its own log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value


def system(workers: int = 1) -> tuple[Section, ...]:
    """Return the system's section; log files can be read by one worker only."""
    parameters: Mapping[str, Value] = {
        "workers": workers,
        "log_level": "info",
        "strict_config_value": True,
        "suppress_repeated_stacktrace": True,
        "ignore_repeated_log_interval": "60s",
    }
    return (Section("system", "", parameters, (Section("log", "", {"format": "json"}),)),)
