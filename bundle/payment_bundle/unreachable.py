"""Why a server gave no answer to requests, in words that follow its address."""

from __future__ import annotations

import requests


def unreachable(error: Exception, timeout: float) -> str:
    """Return what to say of ``error``; ``timeout`` is what was waited, in seconds."""
    causes = list(_causes(error))
    if any(isinstance(cause, requests.exceptions.SSLError) for cause in causes):
        return f"cannot be trusted: {_root(causes)}; if its certificate is of an authority of your own, give --ca-file"
    if any(isinstance(cause, (requests.Timeout, TimeoutError)) for cause in causes):
        return f"does not answer within {timeout:g} s"
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        return f"cannot be reached through the proxy of this environment: {_root(causes)}"
    return f"cannot be reached: {_root(causes)}"


def _causes(error: BaseException) -> list[BaseException]:
    """Return ``error`` and what it wraps, the outermost first."""
    found: list[BaseException] = []
    current: object = error
    while isinstance(current, BaseException) and current not in found:
        found.append(current)
        inner = getattr(current, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((it for it in current.args if isinstance(it, BaseException)), None) or current.__cause__
        current = inner
    return found


def _root(causes: list[BaseException]) -> str:
    inner = causes[-1]
    return str(getattr(inner, "verify_message", "") or getattr(inner, "strerror", "") or inner)
