"""A gateway that behaves as it is told: for the demo, drills and tests. No money moves."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from payment_service.gateway import messages
from payment_service.gateway.bank import Bank, Transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from payment_service.gateway.messages import Credentials

_HANG_SECONDS = 120.0
_CALLBACK_TIMEOUT = 5.0


class Knobs(BaseModel):
    """What the gateway does; every share is from 0 to 1."""

    model_config = ConfigDict(extra="forbid")

    latency_ms: float = Field(default=40, ge=0, le=60_000)
    error_rate: float = Field(
        default=0, ge=0, le=1, description="Answers with 500; half of these have done what was asked before."
    )
    decline_rate: float = Field(default=0, ge=0, le=1)
    pending_rate: float = Field(default=0, ge=0, le=1, description="Charges that a callback settles later.")
    callback_delay_ms: float = Field(default=500, ge=0, le=60_000)
    lost_callback_rate: float = Field(default=0, ge=0, le=1)
    wrong_signature_rate: float = Field(default=0, ge=0, le=1, description="Answers and callbacks signed wrongly.")
    hang: bool = Field(default=False, description="Do what is asked, and do not answer.")


@dataclass
class Simulator:
    """The gateway's state: knobs, books, dice."""

    account: Credentials
    knobs: Knobs
    dice: random.Random
    callbacks: httpx.AsyncClient
    bank: Bank = field(default_factory=Bank)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def answer(self, act: Callable[[], Any]) -> Response | Any:
        """Run ``act`` and answer with what it returns, unless the knobs have it otherwise."""
        fails = self.dice.random() < self.knobs.error_rate
        if fails and self.dice.random() < 0.5:
            return Response("internal error", 500)
        try:
            result = act()
        except KeyError as missing:
            result = Response(f"{missing.args[0]} is missing", 400)
        await asyncio.sleep(
            _HANG_SECONDS if self.knobs.hang else self.knobs.latency_ms / 1000 * self.dice.uniform(0.5, 1.5)
        )
        return Response("internal error", 500) if fails else result

    def charge(self, form: dict[str, str]) -> dict[str, str]:
        """Book a charge; a pending one is settled by a callback."""
        pending = self.dice.random() < self.knobs.pending_rate
        code, error = self._decide()
        transaction = self.bank.charge(form, messages.PENDING if pending else code, "" if pending else error)
        if pending:
            task = asyncio.create_task(self._settle(transaction, code, error, form.get("CallbackURL")))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return self.describe(transaction)

    def describe(self, transaction: Transaction | None) -> dict[str, str]:
        """Return the signed answer about a payment; an unknown one has no TranID."""
        if transaction is None:
            return {"StatCode": messages.FAILURE, "StatName": "unknown order"}
        signature = messages.payment_signature(self.account, transaction.amount, transaction.order, transaction.code)
        return {
            "TranID": transaction.reference,
            "OrderID": transaction.order,
            "Domain": self.account.merchant_id,
            "Amount": transaction.amount,
            "Currency": transaction.currency,
            "StatCode": transaction.code,
            "StatName": transaction.name,
            "ErrorCode": transaction.error,
            "VrfKey": self._sign(signature),
        }

    def change(self, form: dict[str, str], wanted: str) -> dict[str, str]:
        """Capture or cancel."""
        code = messages.SUCCESS if self.bank.change(form["txnID"], wanted) else messages.FAILURE
        signature = messages.operation_signature(self.account, form["txnID"], code)
        return {
            "TranID": form["txnID"],
            "Domain": self.account.merchant_id,
            "StatCode": code,
            "VrfKey": self._sign(signature),
        }

    def refund(self, form: dict[str, str]) -> dict[str, str]:
        """Book a refund."""
        declined = self.dice.random() < self.knobs.decline_rate
        booked = not declined and self.bank.refund(form["TxnID"], form["RefID"], form["Amount"])
        fields = {name: form[name] for name in ("RefundType", "MerchantID", "RefID", "TxnID", "Amount")}
        fields |= {"RefundID": f"R{form['RefID'][:8]}", "Status": messages.SUCCESS if booked else messages.FAILURE}
        return {**fields, "Signature": self._sign(messages.refund_signature(self.account, fields))}

    def describe_refund(self, refund_id: str) -> list[dict[str, str]]:
        """Return the list with that refund, or an empty one."""
        if not self.bank.has_refund(refund_id):
            return []
        return [{"RefID": refund_id, "RefundID": f"R{refund_id[:8]}", "Status": "success"}]

    def _decide(self) -> tuple[str, str]:
        if self.dice.random() < self.knobs.decline_rate:
            return messages.FAILURE, self.dice.choice(("DECLINED", "INSUFFICIENT_FUNDS"))
        return messages.SUCCESS, ""

    async def _settle(self, transaction: Transaction, code: str, error: str, url: str | None) -> None:
        await asyncio.sleep(self.knobs.callback_delay_ms / 1000)
        self.bank.settle(transaction, code, error)
        if url is None or self.dice.random() < self.knobs.lost_callback_rate:
            return
        fields = {
            "nbcb": "1",
            "tranID": transaction.reference,
            "orderid": transaction.order,
            "status": code,
            "domain": self.account.merchant_id,
            "amount": transaction.amount,
            "currency": transaction.currency,
            "paydate": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            "appcode": f"A{transaction.reference}",
            "channel": transaction.channel,
            "error_code": error,
        }
        fields["skey"] = self._sign(messages.callback_signature(self.account, fields))
        try:
            await self.callbacks.post(url, data=fields)
        except httpx.HTTPError:
            return

    def _sign(self, signature: str) -> str:
        return signature[::-1] if self.dice.random() < self.knobs.wrong_signature_rate else signature


def create_simulator(
    account: Credentials,
    knobs: Knobs,
    seed: int = 0,
    callback_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Return the gateway as an application.

    ``POST /knobs`` changes its behaviour while it runs; ``GET /ledger`` shows what it booked.
    """
    app = FastAPI(title="Gateway simulator")
    gateway = Simulator(
        account,
        knobs,
        random.Random(seed),  # noqa: S311 - behaviour to be repeated, not a secret
        httpx.AsyncClient(transport=callback_transport, timeout=_CALLBACK_TIMEOUT, trust_env=False),
    )

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/ledger")
    async def ledger() -> list[dict[str, Any]]:
        return list(gateway.bank.ledger())

    @app.get("/knobs")
    async def read_knobs() -> Knobs:
        return gateway.knobs

    @app.post("/knobs")
    async def turn_knobs(wanted: Knobs) -> Knobs:
        gateway.knobs = wanted
        return wanted

    acts: dict[str, Callable[[dict[str, str]], Any]] = {
        messages.CHARGE_PATH: gateway.charge,
        messages.CAPTURE_PATH: lambda form: gateway.change(form, "captured"),
        messages.CANCEL_PATH: lambda form: gateway.change(form, "cancelled"),
        messages.REFUND_PATH: gateway.refund,
        messages.PAYMENT_QUERY_PATH: lambda form: gateway.describe(gateway.bank.by_order(form["oID"])),
        messages.REFUND_QUERY_PATH: lambda form: gateway.describe_refund(form["RefID"]),
    }
    for path, act in acts.items():
        app.add_api_route(path, _endpoint(gateway, act), methods=["POST"], response_model=None)
    return app


def _endpoint(
    gateway: Simulator, act: Callable[[dict[str, str]], Any]
) -> Callable[[Request], Awaitable[Response | Any]]:
    async def endpoint(request: Request) -> Response | Any:
        form = await _form(request)
        return await gateway.answer(lambda: act(form))

    return endpoint


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", errors="replace"), keep_blank_values=True))
