"""Mute times: who may wait, and what of a night Alertmanager is told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from payment_catalog.mute_time import MuteTime
from payment_catalog.severities import Priority


@pytest.mark.parametrize(
    ("start", "end", "ranges"),
    [
        ("09:00", "17:30", (("09:00", "17:30"),)),
        ("22:00", "07:00", (("00:00", "07:00"), ("22:00", "24:00"))),
        ("22:00", "00:00", (("22:00", "24:00"),)),
        ("00:00", "24:00", (("00:00", "24:00"),)),
        ("12:00", "12:00", (("00:00", "12:00"), ("12:00", "24:00"))),
    ],
)
def test_a_range_over_midnight_is_told_in_two_parts(start: str, end: str, ranges: tuple[tuple[str, str], ...]) -> None:
    assert MuteTime(start=start, end=end).ranges == ranges


def test_p3_waits_every_day_unless_the_settings_say_otherwise() -> None:
    mute = MuteTime()
    assert (mute.priorities, len(mute.weekdays), mute.ranges) == ((Priority.P3,), 7, (("00:00", "24:00"),))


@pytest.mark.parametrize(
    "wrong",
    [
        {"priorities": ["P0"]},
        {"priorities": ["P3", "P1"]},
        {"priorities": []},
        {"weekdays": ["someday"]},
        {"weekdays": []},
        {"start": "24:01"},
        {"start": "7:00"},
        {"location": "Asia/Kuala Lumpur"},
        {"location": '"'},
        {"until": "07:00"},
    ],
)
def test_what_alertmanager_would_not_take_or_nobody_may_want_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MuteTime.model_validate(wrong)
