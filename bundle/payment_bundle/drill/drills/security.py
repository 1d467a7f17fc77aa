"""Attacks."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.crowd import crowd
from payment_bundle.drill.drill import Drill, Expected, Shows
from payment_catalog.escalation import Team
from payment_catalog.incidents import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from payment_bundle.drill.scene import Scene

_TIMEOUT = 10


@contextmanager
def _keys_are_guessed(scene: Scene) -> Iterator[None]:
    url = f"{scene.house.caller.url}/payments"

    def guess(session: requests.Session) -> None:
        session.get(url, headers={"Authorization": f"Bearer {secrets.token_hex(8)}"}, timeout=_TIMEOUT)

    with crowd(guess, per_second=30, people=3):
        yield


DRILLS = (
    Drill(
        "brute-force-login",
        "API keys are guessed, 30 a second",
        IncidentKey.UNAUTHORIZED_ACCESS,
        _keys_are_guessed,
        (
            Expected("HighFailedAuthRate", Team.SECURITY_INCIDENT, Priority.P2),
            Expected("FailedAuthAcrossInstances", Team.SECURITY_INCIDENT, Priority.P2),
        ),
        frozenset({"FailedAuthPersists"}),
        (
            Shows("Failed authentication attempts", r"auth failed"),
            Shows("Security events", r'security_events_total\{type="failed_auth"\}'),
        ),
    ),
)
