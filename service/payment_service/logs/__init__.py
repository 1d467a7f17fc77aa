"""What the service writes about itself: one JSON object a line, without card data and secrets."""

from payment_service.logs.setup import configure_logging

__all__ = ["configure_logging"]
