"""Log lines of the service: how many a payment makes, and how long they are."""

from __future__ import annotations

from payment_catalog.cardinality import Amount, exactly, total

#: Requests for one payment: it is made and, on a usual day, read once; at the most its merchant asks every second for
#: ten seconds, and refunds it. Scrapes, ``/health`` and ``/ready`` write no line.
REQUESTS_OF_PAYMENT = Amount(2, 12)
#: Each request writes one line at its end.
REQUEST_BYTES = Amount(420, 700)
#: What became of the payment, and of its refund; at the most its request to the gateway is repeated as well.
EVENTS_OF_PAYMENT = Amount(1, 4)
EVENT_BYTES = Amount(300, 500)
#: Of the container runtime before each line: time, stream and flag (the CRI's log format).
RUNTIME_BYTES = exactly(len("2026-01-01T00:00:00.000000000+00:00 stdout F "))

LINES_OF_PAYMENT = REQUESTS_OF_PAYMENT + EVENTS_OF_PAYMENT
BYTES_OF_PAYMENT = total(
    REQUESTS_OF_PAYMENT * REQUEST_BYTES, EVENTS_OF_PAYMENT * EVENT_BYTES, LINES_OF_PAYMENT * RUNTIME_BYTES
)
