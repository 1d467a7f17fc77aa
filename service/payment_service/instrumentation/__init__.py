"""Metrics and trace context for any Starlette or FastAPI application, in three lines.

    from payment_service.instrumentation import instrument

    app = FastAPI()
    instrument(app)

Every request is counted, timed and measured under its route's template, has its place in a W3C trace, and the
page ``/metrics`` shows it all. Needs starlette, prometheus_client and the catalogue's declarations, nothing else
of the payment service.
"""

from __future__ import annotations

from payment_service.instrumentation.middleware import Instrumentation, instrument
from payment_service.instrumentation.runtime import Sampler
from payment_service.instrumentation.trace import Trace, current_trace, outgoing_headers

__all__ = ["Instrumentation", "Sampler", "Trace", "current_trace", "instrument", "outgoing_headers"]
