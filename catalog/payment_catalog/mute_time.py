"""When alerts of lower priority are kept until somebody is there to read them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from payment_catalog.severities import Priority

TimeOfDay = Annotated[
    str,
    StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
    Field(description="A time of day from 00:00 to 24:00."),
]
Location = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$"),
    Field(description="A name of the time zone database."),
]

#: Priorities that somebody must hear of at any time.
NEVER_MUTED = (Priority.P0, Priority.P1)
_MIDNIGHT = "24:00"


class Weekday(StrEnum):
    """A day, as Alertmanager calls it."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class MuteTime(BaseModel):
    """A time at which messages of some priorities wait; what still fires at its end is told then."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    priorities: tuple[Priority, ...] = Field(default=(Priority.P3,), min_length=1)
    """Which wait, with their escalations: P2, P3."""
    weekdays: tuple[Weekday, ...] = Field(default=tuple(Weekday), min_length=1)
    """On which days; all, if left out."""
    start: TimeOfDay = "00:00"
    """From when on."""
    end: TimeOfDay = _MIDNIGHT
    """Until when. At or before ``start``: over midnight, on each of the days its evening and its early morning."""
    location: Location = "UTC"
    """Time zone of days and times, for example ``Asia/Kuala_Lumpur``."""

    @field_validator("priorities")
    @classmethod
    def _somebody_is_woken(cls, priorities: tuple[Priority, ...]) -> tuple[Priority, ...]:
        urgent = [priority for priority in priorities if priority in NEVER_MUTED]
        if urgent:
            raise ValueError(f"{', '.join(urgent)} cannot wait; only P2 and P3 can be muted")
        return priorities

    @property
    def ranges(self) -> tuple[tuple[str, str], ...]:
        """Start and end within one day, which is all that Alertmanager takes."""
        if self.start < self.end:
            return ((self.start, self.end),)
        parts = (("00:00", self.end), (self.start, _MIDNIGHT))
        return tuple(part for part in parts if part[0] != part[1])
