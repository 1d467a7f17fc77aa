"""A thousand card numbers in every field that a request has: none of them comes out anywhere."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import requests
from e2e.shop import KEY, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Postgres

HOW_MANY = 1000
#: Issuer prefix and length: Visa, Mastercard, American Express, JCB, UnionPay, Diners Club.
KINDS = (("4", 16), ("4", 13), ("4", 19), ("51", 16), ("2221", 16), ("37", 15), ("3528", 16), ("62", 16), ("36", 14))
CALLBACK = ("tranID", "orderid", "status", "domain", "amount", "currency", "paydate", "appcode", "error_code", "skey")
BODY = {"amount_minor": 1000, "currency": "MYR", "method": "card"}


def card_number(dice: random.Random) -> str:
    prefix, length = dice.choice(KINDS)
    digits = prefix + "".join(dice.choices("0123456789", k=length - len(prefix) - 1))
    doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits))]
    check = -sum(value - 9 if value > 9 else value for value in doubled) % 10
    return f"{digits}{check}"


def requests_with(card: str) -> Iterator[dict[str, Any]]:
    """Yield a request for each field that a caller can write into."""
    grouped = " ".join(card[start : start + 4] for start in range(0, len(card), 4))
    for field in (*BODY, "card_token", "capture", "card_number", card):
        yield {"method": "POST", "path": "/payments", "json": {**BODY, field: card}}
    yield {"method": "POST", "path": "/payments", "json": {**BODY, "amount_minor": int(card)}}
    yield {"method": "POST", "path": "/payments", "json": {**BODY, "nested": [{"deep": {"note": grouped}}]}}
    yield {"method": "POST", "path": "/payments", "data": f'{{"amount_minor": {card}', "json": None}
    for header in ("Idempotency-Key", "X-Request-ID", "User-Agent", "Referer", "tracestate", "baggage", "Cookie"):
        yield {"method": "POST", "path": "/payments", "json": BODY, "headers": {header: card}}
    yield {"method": "GET", "path": "/payments", "headers": {"traceparent": f"00-{card.ljust(32, '0')}-{1:016x}-01"}}
    yield {"method": "GET", "path": "/payments", "headers": {"Authorization": f"Bearer {card}"}}
    yield {"method": "GET", "path": f"/payments/{card}"}
    yield {"method": "GET", "path": f"/{card}/{grouped}"}
    yield {"method": "GET", "path": f"/payments?cursor={card}&limit={card}&other={card}"}
    yield {"method": "POST", "path": f"/payments/{uuid4()}/refunds", "json": {"amount_minor": card, card: card}}
    yield {"method": card, "path": "/payments"}
    form = dict.fromkeys(CALLBACK, card)
    yield {"method": "POST", "path": "/fiuu/callback", "data": form}
    yield {"method": "POST", "path": "/fiuu/callback", "data": {**form, "extra": card, card: card}}


def test_no_card_number_comes_out(tmp_path: Path, fresh_database: Postgres) -> None:
    dice = random.Random(20)
    cards = [card_number(dice) for _ in range(HOW_MANY)]
    shown: list[str] = []
    sent = 0
    with Shop(tmp_path, fresh_database.environment, {"RATE_LIMIT": "1000000/second"}) as shop:
        with requests.Session() as session:
            session.trust_env = False
            for card in cards:
                for wanted in dice.sample(list(requests_with(card)), 4):
                    shown.append(answer_to(session, shop, wanted))
                    sent += 1
        for page in ("/metrics", "/ready", "/openapi.json"):
            shown += [
                requests.get(f"{shop.url}{page}", headers={"Accept": accept}, timeout=20).text
                for accept in ("text/plain", "application/openmetrics-text")
            ]
        debug = f"http://127.0.0.1:{shop.ports.debug}/debug/pprof"
        for profile in ("goroutine?debug=1", "goroutine?debug=2", "heap?debug=1", "profile?debug=1&seconds=1"):
            answer = requests.get(f"{debug}/{profile}", timeout=60)
            assert answer.ok
            shown.append(answer.text)
        stored = fresh_database.sql("SELECT p::text FROM payments p UNION ALL SELECT a::text FROM payment_attempts a")
        events = metric(shop, 'security_events_total{type="card_data"}')
        log = shop.log
    assert sent == 4 * HOW_MANY
    assert events >= HOW_MANY
    assert log.count("\n") >= sent
    assert found(cards, "\n".join(shown)) == []
    assert found(cards, stored) == []
    for file in tmp_path.glob("*.log"):
        assert found(cards, file.read_text(errors="replace")) == [], file.name
    for line in log.splitlines():
        json.loads(line)


def answer_to(session: requests.Session, shop: Shop, wanted: dict[str, Any]) -> str:
    headers = {"Authorization": f"Bearer {KEY}", **wanted.get("headers", {})}
    body = {name: wanted[name] for name in ("json", "data") if name in wanted}
    answer = session.request(wanted["method"], f"{shop.url}{wanted['path']}", headers=headers, timeout=20, **body)
    assert answer.status_code < 500, answer.text
    return f"{answer.headers}\n{answer.text}"


def metric(shop: Shop, series: str) -> float:
    lines = requests.get(f"{shop.url}/metrics", timeout=20).text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(series))


def found(cards: list[str], text: str) -> list[str]:
    """Return the card numbers that stand in ``text``, however they are grouped."""
    plain = re.sub(r"(?<=\d)(?:%20|[\s-])(?=\d)", "", text)
    return [card for card in cards if card in text or card in plain]
