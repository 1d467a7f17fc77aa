"""File buffers: what waits outlives a restart, and nothing is lost while an output is away.

A chunk that cannot be sent is tried again at growing, randomised intervals for most of a day. Then it goes to a file,
from where a person can bring it in. A full buffer stops reading instead of dropping what is new: the log files wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value

DIRECTORY = "/var/log/fluentd-buffers"

#: An output that is away is asked again after 1, 2, 4 … 60 seconds, each more or less by an eighth.
_RETRY: Mapping[str, Value] = {
    "overflow_action": "block",
    "retry_type": "exponential_backoff",
    "retry_wait": "1s",
    "retry_exponential_backoff_base": 2,
    "retry_max_interval": "60s",
    "retry_randomize": True,
    "retry_timeout": "24h",
    # A node that is taken away has sent what it could.
    "flush_at_shutdown": True,
}


def file_buffer(name: str, keys: str, parameters: Mapping[str, Value]) -> Section:
    """Return the buffer of the output ``name``, whose chunks have the same ``keys``, for example ``tag,time``."""
    return Section("buffer", keys, {"@type": "file", "path": f"{DIRECTORY}/{name}", **_RETRY, **parameters})


def undelivered(name: str) -> Section:
    """Return what takes chunks that could not be sent for most of the time that they are tried."""
    directory = f"{DIRECTORY}/undelivered/{name}"
    return Section("secondary", "", {"@type": "secondary_file", "directory": directory, "basename": "${chunk_id}"})
