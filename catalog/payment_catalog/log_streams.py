"""Where the service's log lines are kept in Elasticsearch, and how they are searched for in Kibana."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings

#: What the runbook greps for, in Kibana's language (KQL), for ``event`` as one word and as several.
LOG_SEARCHES: Mapping[LogPattern, str] = {
    LogPattern.ERROR: 'level: "ERROR"',
    LogPattern.PAYMENT_FAILED: "event: *payment*failed* or event: (payment and failed)",
    LogPattern.RATE_LIMIT: 'event: "rate limit" or event: *rate\\ limit*',
    LogPattern.AUTH_FAILED: "event: *auth*failed* or event: (auth* and failed)",
}


class LogBoard(StrEnum):
    """A dashboard of Kibana's."""

    OPERATIONS = "operations"
    SECURITY = "security"


#: What Kibana has of the logs: the search for a pattern of the runbook, or a dashboard.
LogView: TypeAlias = LogPattern | LogBoard


def data_stream(settings: Settings, stream: str) -> str:
    """Return the data stream of the lines of one kind; ``stream`` is that kind, or what stands for it."""
    return f"logs-{settings.service}-{stream}"


def data_streams(settings: Settings) -> str:
    """Return the pattern of every data stream with lines of the service."""
    return data_stream(settings, "*")


def data_view_id(settings: Settings) -> str:
    """Return Kibana's id of the data view on those streams."""
    return f"{settings.service}-logs"


def search_id(settings: Settings, pattern: LogPattern) -> str:
    """Return Kibana's id of the saved search for ``pattern``."""
    return f"{settings.service}-logs-{pattern.value.replace('_', '-')}"


def log_board_id(settings: Settings, board: LogBoard) -> str:
    """Return Kibana's id of a dashboard."""
    return f"{settings.service}-logs-{board}"
