"""The service's side: the collector is made of the same declaration, so that name and labels are written once."""

from __future__ import annotations

from fastapi import FastAPI
from ledger_metrics import POSTINGS_PENDING

from payment_catalog.exposition import gauge
from payment_service.instrumentation import instrument

app = FastAPI()
instrumentation = instrument(app)
postings_pending = gauge(POSTINGS_PENDING, instrumentation.registry)


@app.post("/postings/pending/{count}")
def set_pending(count: int) -> None:
    """Stand for the job that counts them."""
    postings_pending.set(count)
