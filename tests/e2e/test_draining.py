"""A service that is told to end: it says so first, and answers every payment that is under way."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest
import requests
from e2e.shop import KEY, PROGRAM, Shop

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Wait


@pytest.mark.parametrize("workers", [1, 2])
def test_a_payment_under_way_is_answered_and_nobody_sends_a_new_one(tmp_path: Path, wait: Wait, workers: int) -> None:
    database = {"DB_SQLITE_PATH": str(tmp_path / "payments.db")}
    # The gateway takes longer than both waits for /ready: no payment is answered before.
    flags = ("--notice-seconds", "5", "--workers", str(workers))
    with Shop(tmp_path, database, serve_flags=flags) as shop:
        shop.turn(latency_ms=6000)
        answers: list[requests.Response] = []
        customers = [threading.Thread(target=pay, args=(shop, answers)) for _ in range(4)]
        for customer in customers:
            customer.start()
        wait("the payments are with the gateway", 30, lambda: len(shop.booked()) == len(customers))
        process = shop.service.process
        process.send_signal(signal.SIGTERM)
        wait("/ready says that it drains", 30, lambda: drains(shop))
        assert requests.get(f"{shop.url}/health", timeout=10).ok
        for customer in customers:
            customer.join(60)
        assert [answer.json()["status"] for answer in answers] == ["succeeded"] * len(customers)
        assert process.wait(30) == 0
        assert "Traceback" not in shop.log


def pay(shop: Shop, answers: list[requests.Response]) -> None:
    body = {"amount_minor": 1000, "currency": "MYR", "method": "fpx"}
    key = {"Authorization": f"Bearer {KEY}"}
    answers.append(requests.post(f"{shop.url}/payments", json=body, headers=key, timeout=60))


def drains(shop: Shop) -> bool:
    answer = requests.get(f"{shop.url}/ready", timeout=10)
    return (answer.status_code, answer.json()["status"]) == (503, "draining")


def test_a_worker_of_its_own_finds_out_what_the_service_does_not(tmp_path: Path, wait: Wait) -> None:
    database = {"DB_SQLITE_PATH": str(tmp_path / "payments.db")}
    with Shop(tmp_path, database, {"PAYMENT_RECONCILE": "false", "FIUU_TIMEOUT_SECONDS": "0.5"}) as shop:
        shop.turn(hang=True)
        answers: list[requests.Response] = []
        pay(shop, answers)
        assert answers[0].status_code == 504
        payment = answers[0].json()["payment_id"]
        shop.turn()
        port = shop.ports.exporter
        worker = shop.start_child("worker", PROGRAM, "worker", "--port", str(port), DEBUG_PORT="0")
        worker.wait_ready(f"http://127.0.0.1:{port}/ready", 60)
        key = {"Authorization": f"Bearer {KEY}"}

        def succeeded() -> bool:
            answer = requests.get(f"{shop.url}/payments/{payment}", headers=key, timeout=10)
            return bool(answer.json()["status"] == "succeeded")

        wait("the worker has found it out", 60, succeeded)
        page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        assert 'payments_total{method="fpx",status="succeeded"} 1.0' in page
        assert requests.get(f"http://127.0.0.1:{port}/payments", headers=key, timeout=10).status_code == 404
