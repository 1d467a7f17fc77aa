"""API keys: who calls. The file holds only their hashes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_service.settings import ConfigurationError, read_secret

if TYPE_CHECKING:
    from pathlib import Path

_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """Merchants by the SHA-256 of their key."""

    merchants: dict[str, str]

    def merchant(self, authorization: str | None) -> str | None:
        """Return who sent the header ``Authorization``, ``None`` where nobody known did."""
        if authorization is None or not authorization.lower().startswith(_SCHEME):
            return None
        digest = hashlib.sha256(authorization[len(_SCHEME) :].strip().encode()).hexdigest()
        found = None
        for known, merchant in self.merchants.items():
            if hmac.compare_digest(known, digest):
                found = merchant
        return found


def read_api_keys(file: Path | None) -> ApiKeys:
    """Read lines ``merchant sha256``; raises ConfigurationError, which names the line."""
    if file is None:
        return ApiKeys({})
    merchants: dict[str, str] = {}
    for number, line in enumerate(read_secret("PAYMENT_API_KEYS_FILE", file).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        merchant, _, digest = line.strip().partition(" ")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ConfigurationError(f"PAYMENT_API_KEYS_FILE: {file}:{number}: expected 'merchant sha256-in-hex'")
        merchants[digest] = merchant
    return ApiKeys(merchants)
