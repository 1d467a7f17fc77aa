"""Fields that several requests and answers have."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Header, Path
from pydantic import AfterValidator, Field

from payment_service.ledger.times import as_utc
from payment_service.logs.cards import find_cards

if TYPE_CHECKING:
    from pydantic import BaseModel

#: Ten thousand million units: beyond any payment, far below where a double loses a sen.
MAX_AMOUNT = 10**12


def _without_card(key: str) -> str:
    """Return ``key``, which is stored; raises ValueError for one that holds what must not be."""
    if find_cards(key):
        raise ValueError("an idempotency key is not a card number")
    return key


UtcTime = Annotated[datetime, AfterValidator(as_utc)]
AmountMinor = Annotated[
    int, Field(strict=True, gt=0, le=MAX_AMOUNT, description="Amount in minor units of the currency, such as sen.")
]
PaymentId = Annotated[UUID, Path(description="The payment's id.")]
IdempotencyKey = Annotated[
    Annotated[str, AfterValidator(_without_card)] | None,
    Header(
        pattern=r"^[!-~]{1,128}$",
        description="The same key with the same body is one request, however often it is sent.",
    ),
]


def digest(wanted: BaseModel, *more: str) -> str:
    """Return what tells two requests with the same idempotency key apart."""
    return hashlib.sha256("\n".join((wanted.model_dump_json(), *more)).encode()).hexdigest()
