"""What ``payobs archive`` writes about its last run, for a program that watches it; no line of a log, only figures.

It is written and read as the reports of backups are (``backup_report``).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from payment_catalog.backup_report import Reason, Seconds, UtcTime

Count = Annotated[int, Field(ge=0)]


class ArchiveReport(BaseModel):
    """A run from ``started`` to ``finished``: files of each outcome, and compressed bytes that were sent.

    ``complete`` says that every old file is in the bucket; ``last_complete`` when the last run of which that is so
    ended, this one or one before; ``oldest_waiting`` since when the oldest file that stayed here is too old; ``reason``
    why the run stopped before the last one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    started: UtcTime
    finished: UtcTime
    duration_seconds: Seconds
    complete: bool
    archived: Count
    there_already: Count
    failed: Count
    untried: Count
    sent_bytes: Count
    last_complete: UtcTime | None = None
    oldest_waiting: UtcTime | None = None
    reason: Reason = ""
