"""API keys: who calls, and what for. The file holds only their hashes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_service.settings import ConfigurationError, read_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

#: By which a key is known wherever one turns up, in a log or in somebody's repository.
KEY_PREFIX = "psk_"

_SCHEME = "bearer "
_KEY_BYTES = 32
_KEY_ID_DIGITS = 12
_FILE = "PAYMENT_API_KEYS_FILE"
_EXPECTED = "expected 'merchant sha256-in-hex scope,scope'"


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "payments:read"
    PAY = "payments:write"
    REFUND = "refunds:write"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a merchant, with which key, and what it allows. ``key_id`` is how its hash in the file begins."""

    merchant: str
    key_id: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """Callers by the SHA-256 of their key.

    A plain hash is enough: keys are 256 random bits, which nobody can guess from it. For the same reason the
    look-up needs no constant time: what it could tell is about the hash of a guess.
    """

    callers: Mapping[str, Caller]

    def caller(self, authorization: str | None) -> Caller | None:
        """Return who sent the header ``Authorization``, ``None`` where nobody known did."""
        if authorization is None or not authorization.lower().startswith(_SCHEME):
            return None
        return self.callers.get(digest_of(authorization[len(_SCHEME) :].strip()))


def new_key() -> str:
    """Return a new random key."""
    return KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def key_line(merchant: str, key: str, scopes: Collection[Scope]) -> str:
    """Return the line of the key file that lets ``key`` in."""
    return f"{merchant} {digest_of(key)} {','.join(scopes)}"


def digest_of(key: str) -> str:
    """Return what the file holds of a key."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def read_api_keys(file: Path | None) -> ApiKeys:
    """Read lines ``merchant sha256 scope,scope``; raises ConfigurationError, which names the line."""
    if file is None:
        return ApiKeys({})
    callers: dict[str, Caller] = {}
    for number, line in enumerate(read_secret(_FILE, file).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        place = f"{_FILE}: {file}:{number}"
        parts = line.split()
        if len(parts) != 3 or len(parts[1]) != 64 or set(parts[1]) - set("0123456789abcdef"):
            raise ConfigurationError(f"{place}: {_EXPECTED}")
        merchant, digest, scopes = parts
        callers[digest] = Caller(merchant, digest[:_KEY_ID_DIGITS], _scopes(place, scopes))
    return ApiKeys(callers)


def _scopes(place: str, text: str) -> frozenset[Scope]:
    try:
        return frozenset(map(Scope, text.split(",")))
    except ValueError as error:
        raise ConfigurationError(f"{place}: {error}; allowed are {', '.join(Scope)}") from None
