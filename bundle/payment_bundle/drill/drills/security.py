"""Attacks."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.crowd import crowd
from payment_bundle.drill.drill import Drill, Expected, Need, Shows
from payment_bundle.drill.drills.consequences import SLOWNESS
from payment_bundle.drill.house import RATE_LIMIT
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import Currency, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from payment_bundle.drill.scene import Scene

_TIMEOUT = 10
_PROBES = ("/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/index.php")
#: A number that issuers give out for tests.
_TEST_CARD = "4111111111111111"


@contextmanager
def _keys_are_guessed(scene: Scene) -> Iterator[None]:
    url = f"{scene.house.caller.url}/payments"

    def guess(session: requests.Session) -> None:
        session.get(url, headers={"Authorization": f"Bearer {secrets.token_hex(8)}"}, timeout=_TIMEOUT)

    with crowd(guess, per_second=30, people=3):
        yield


@contextmanager
def _paths_are_scanned(scene: Scene) -> Iterator[None]:
    urls = [f"{scene.house.caller.url}{path}" for path in _PROBES]

    def scan(session: requests.Session) -> None:
        session.get(secrets.choice(urls), timeout=_TIMEOUT)

    with crowd(scan, per_second=12, people=3):
        yield


@contextmanager
def _storm(scene: Scene) -> Iterator[None]:
    """Have one merchant call four times as often as it may."""
    url, headers = f"{scene.house.caller.url}/payments", {"Authorization": f"Bearer {scene.house.storm_key}"}

    def call(session: requests.Session) -> None:
        session.get(url, params={"limit": 1}, headers=headers, timeout=_TIMEOUT)

    with crowd(call, per_second=4 * RATE_LIMIT, people=8):
        yield


@contextmanager
def _flood(scene: Scene) -> Iterator[None]:
    url = f"{scene.house.caller.url}/payments"

    def call(session: requests.Session) -> None:
        session.get(url, timeout=_TIMEOUT)

    with crowd(call, per_second=200, people=8):
        yield


@contextmanager
def _card_numbers_come(scene: Scene) -> Iterator[None]:
    url, headers = f"{scene.house.caller.url}/payments", {"Authorization": f"Bearer {scene.house.caller.key}"}
    body = {"amount_minor": 1000, "currency": Currency.MYR.value, "method": PaymentMethod.CARD.value}

    def pay(session: requests.Session) -> None:
        session.post(url, json={**body, "card_token": _TEST_CARD}, headers=headers, timeout=_TIMEOUT)

    with crowd(pay, per_second=1, people=1):
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
    Drill(
        "path-scan",
        "Paths of other software are asked for, 12 a second",
        IncidentKey.UNAUTHORIZED_ACCESS,
        _paths_are_scanned,
        (
            Expected("SuspiciousAPIAccess", Team.SECURITY_INCIDENT, Priority.P1),
            Expected("SuspiciousAccessAcrossInstances", Team.SECURITY_INCIDENT, Priority.P1),
            Expected("PathScanning", Team.SECURITY_INCIDENT, Priority.P3),
        ),
        shows=(Shows("Security events", r'(?m)^security_events_total\{type="path_scan"\} [1-9]'),),
    ),
    Drill(
        "rate-limit-storm",
        "One merchant calls four times as often as it may",
        IncidentKey.DDOS_ATTACK,
        _storm,
        (
            Expected("MostRequestsRateLimited", Team.SECURITY_INCIDENT, Priority.P2),
            Expected("RequestsRateLimited", Team.SECURITY_INCIDENT, Priority.P3),
        ),
        SLOWNESS,
        (Shows("Rate limiting", r'(?m)^rate_limit_requests_total\{outcome="rejected"\} [1-9]'),),
    ),
    Drill(
        "ddos",
        "A flood of requests without a key",
        IncidentKey.DDOS_ATTACK,
        _flood,
        (Expected("RequestFlood", Team.SECURITY_INCIDENT, Priority.P2),),
        SLOWNESS | {"HighFailedAuthRate", "FailedAuthAcrossInstances", "FailedAuthPersists", "MostRequestsRefused"},
        (Shows("Failed authentication attempts", r"auth failed"),),
        needs=frozenset({Need.SPEED}),
        hurried={"payment-floods": 1620},
        calm=62,
    ),
    Drill(
        "card-data",
        "A merchant sends card numbers where tokens belong",
        IncidentKey.DATA_BREACH,
        _card_numbers_come,
        (Expected("CardDataReceived", Team.SECURITY_INCIDENT, Priority.P2),),
        shows=(Shows("Security events", r'(?m)^security_events_total\{type="card_data"\} [1-9]'),),
    ),
)
