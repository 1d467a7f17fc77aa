"""Merchants who pay, capture, cancel and refund, and who try again with the same key when they get no answer."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import requests

_TIMEOUT = 30
_TRIES = 60
_END_WITHIN = 240
_PAUSE = 0.25


@dataclass
class Merchants:
    """Some threads that pay until they are told to end. ``made`` counts the payments that were answered."""

    url: str
    key: str
    threads: int = 6
    seed: int = 1
    made: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _enough: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(self.threads):
            thread = threading.Thread(target=self._shop, args=(random.Random(self.seed * 100 + number),), daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        """Have everybody end what is begun."""
        self._enough.set()
        for thread in self._threads:
            thread.join(_END_WITHIN)
            assert not thread.is_alive(), f"a merchant still waits after {_END_WITHIN} s"

    def _shop(self, dice: random.Random) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {self.key}"
            while not self._enough.is_set():
                self._visit(session, dice)
                with self._lock:
                    self.made += 1

    def _visit(self, session: requests.Session, dice: random.Random) -> None:
        capture = dice.random() < 0.7
        body = {"amount_minor": dice.randint(100, 100_000), "currency": "MYR", "method": "card", "capture": capture}
        payment = self._insist(session, dice, "/payments", body)
        if payment.get("status") == "authorized":
            self._insist(session, dice, f"/payments/{payment['id']}/{dice.choice(('capture', 'cancel'))}", None)
        elif payment.get("status") == "succeeded" and dice.random() < 0.5:
            for _ in range(2):
                refund = {"amount_minor": dice.randint(1, body["amount_minor"])}
                self._insist(session, dice, f"/payments/{payment['id']}/refunds", refund)

    def _insist(self, session: requests.Session, dice: random.Random, path: str, body: Any) -> dict[str, Any]:
        headers = {"Idempotency-Key": str(UUID(int=dice.getrandbits(128), version=4))}
        for _ in range(_TRIES):
            try:
                answer = session.post(f"{self.url}{path}", json=body, headers=headers, timeout=_TIMEOUT)
            except requests.RequestException:
                time.sleep(_PAUSE)
                continue
            if answer.status_code < 500 and answer.status_code != 429:
                found: dict[str, Any] = answer.json()
                return found
            if "nothing was sent" in answer.text:
                return {}
            time.sleep(_PAUSE)
        return {}
