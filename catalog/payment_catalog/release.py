"""Which version of the bundle is installed: that of the images that run it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def release() -> str:
    """Return the version, looked up once: a fleet asks for it for each service."""
    return version("payment-observability")
