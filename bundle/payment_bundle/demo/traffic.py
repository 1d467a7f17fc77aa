"""Customers, and on request attackers: bounded, seeded requests to the service."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import requests

from payment_catalog.vocabulary import Currency, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_TIMEOUT = 10.0
_REFUND_SHARE = 0.02
_READ_SHARE = 0.5
_METHOD_WEIGHTS = {
    PaymentMethod.CARD: 5,
    PaymentMethod.FPX: 4,
    PaymentMethod.GRABPAY: 2,
    PaymentMethod.TNG: 2,
    PaymentMethod.BOOST: 1,
}
_CURRENCIES = (Currency.MYR, Currency.MYR, Currency.MYR, Currency.SGD, Currency.USD)
_PROBES = ("/.env", "/wp-login.php", "/.git/config", "/admin", "/phpmyadmin/index.php")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the address of the service and the API key."""

    url: str
    key: str


class Traffic:
    """Threads that send requests until the block ends."""

    def __init__(self, caller: Caller, per_second: float, seed: int = 0) -> None:
        self._caller = caller
        self._key = {"Authorization": f"Bearer {caller.key}"}
        self._per_second = per_second
        self._random = random.Random(seed)  # noqa: S311 - customers, not secrets
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Traffic:
        """Begin with the customers."""
        self._start("customers", self._customers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every thread."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def attack(self, per_second: float, seconds: float) -> None:
        """Guess credentials and scan for paths, each ``per_second`` times a second, for a while."""
        total = int(per_second * seconds)
        self._start("attack on keys", lambda: self._repeat(self._guess_key, per_second, total))
        self._start("attack on paths", lambda: self._repeat(self._scan_path, per_second, total))

    def _start(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _customers(self) -> None:
        paid: list[str] = []
        self._repeat(lambda session: self._visit(session, paid), self._per_second)

    def _visit(self, session: requests.Session, paid: list[str]) -> None:
        payment = self._pay(session)
        if payment is not None:
            paid.append(payment)
            del paid[:-100]
        if paid and self._random.random() < _READ_SHARE:
            session.get(f"{self._caller.url}/payments/{self._random.choice(paid)}", headers=self._key, timeout=_TIMEOUT)
        if paid and self._random.random() < _REFUND_SHARE:
            refunded = paid.pop(self._random.randrange(len(paid)))
            session.post(
                f"{self._caller.url}/payments/{refunded}/refunds", json={}, headers=self._key, timeout=_TIMEOUT
            )

    def _pay(self, session: requests.Session) -> str | None:
        methods = list(_METHOD_WEIGHTS)
        key = UUID(int=self._random.getrandbits(128), version=4)
        response = session.post(
            f"{self._caller.url}/payments",
            json={
                "amount_minor": self._random.randint(500, 50_000),
                "currency": self._random.choice(_CURRENCIES),
                "method": self._random.choices(methods, list(_METHOD_WEIGHTS.values()))[0],
            },
            headers={**self._key, "Idempotency-Key": str(key)},
            timeout=_TIMEOUT,
        )
        return str(response.json()["id"]) if response.status_code == 201 else None

    def _guess_key(self, session: requests.Session) -> None:
        guess = {"Authorization": f"Bearer guess-{self._random.getrandbits(64):x}"}
        session.get(f"{self._caller.url}/payments", headers=guess, timeout=_TIMEOUT)

    def _scan_path(self, session: requests.Session) -> None:
        session.get(f"{self._caller.url}{self._random.choice(_PROBES)}", timeout=_TIMEOUT)

    def _repeat(self, act: Callable[[requests.Session], None], per_second: float, total: int = 0) -> None:
        with requests.Session() as session:
            session.trust_env = False  # loopback needs no proxy, whatever the environment says
            for due in _schedule(per_second, total):
                if self._ended.wait(max(0.0, due - time.monotonic())):
                    return
                try:
                    act(session)
                except requests.RequestException:
                    self._ended.wait(1.0)


def _schedule(per_second: float, total: int) -> Iterator[float]:
    """Yield the monotonic time of each request; a late one does not make the next ones hurry."""
    due = time.monotonic()
    sent = 0
    while not total or sent < total:
        due = max(due + 1 / per_second, time.monotonic() - 1)
        sent += 1
        yield due
