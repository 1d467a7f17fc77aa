"""The programs of this project that publish metrics."""

from __future__ import annotations

SERVICE = "payment-service"
EXPORTER = "payment-exporter"
