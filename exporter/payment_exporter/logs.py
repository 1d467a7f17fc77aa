"""Log lines: one JSON object an event, with the keys of the payment service's log."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class JsonLine(logging.Formatter):
    """Encodes an event, so that no text from outside can forge a second line. Tracebacks stay out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end."""
        time = datetime.fromtimestamp(record.created, UTC)
        return json.dumps(
            {
                "timestamp": time.isoformat(timespec="milliseconds"),
                "level": record.levelname,
                "logger": record.name,
                "event": record.getMessage(),
            }
        )


def log_to_stderr(level: str) -> None:
    """Send every event of ``level`` and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    # It tells of each request, and of what the collector says better.
    logging.getLogger("elastic_transport").setLevel(logging.CRITICAL)
