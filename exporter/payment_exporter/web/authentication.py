"""HTTP basic authentication (RFC 7617) with bcrypt, as pure ASGI middleware."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import logging
import secrets
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bcrypt
from starlette.responses import PlainTextResponse

from payment_exporter.web.throttled_log import ThrottledLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

#: bcrypt reads no more of a password, in C and Go silently so.
_BCRYPT_BYTES = 72
_PARALLEL = 2
_REMEMBERED = 100
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="payment-exporter", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client says that it is."""

    user: str
    password: bytes


class _Recent:
    """The newest digests, at most ``_REMEMBERED``."""

    def __init__(self) -> None:
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def add(self, digest: bytes) -> None:
        self._digests[digest] = None
        if len(self._digests) > _REMEMBERED:
            self._digests.popitem(last=False)

    def __contains__(self, digest: bytes) -> bool:
        if digest not in self._digests:
            return False
        self._digests.move_to_end(digest)
        return True


class PasswordCheck:
    """Compares passwords with bcrypt hashes, each pair once as long as it is remembered.

    bcrypt takes some 70 ms at cost 10: it runs in at most two threads beside the event loop. What is remembered is
    a digest under a key of this process. Right and wrong ones are kept apart, so that guesses do not drive out the
    passwords that are in use.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right = _Recent()
        self._wrong = _Recent()
        self._slots = asyncio.Semaphore(_PARALLEL)
        self._threads = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="bcrypt")

    async def is_right(self, password: bytes, hashed: bytes) -> bool:
        """Return whether the password has that hash; a hash that bcrypt cannot read has none."""
        digest = hashlib.blake2b(hashed + b"\0" + password, key=self._key, digest_size=32).digest()
        known = self._remembered(digest)
        if known is not None:
            return known
        async with self._slots:
            known = self._remembered(digest)
            if known is not None:  # by a request that came at the same time
                return known
            right = await asyncio.get_running_loop().run_in_executor(self._threads, _matches, password, hashed)
            (self._right if right else self._wrong).add(digest)
            return right

    def _remembered(self, digest: bytes) -> bool | None:
        return True if digest in self._right else False if digest in self._wrong else None


class BasicAuthentication:
    """Lets pass who is a user, answers 401 to anybody else, on every path. Without users everybody passes.

    ``password_hashes`` returns users and bcrypt hashes as they are at the moment of a request. An unknown user's
    password is compared as well, so that the time of the answer does not tell which users there are.
    """

    def __init__(self, app: ASGIApp, password_hashes: Callable[[], Mapping[str, bytes]]) -> None:
        self._app = app
        self._password_hashes = password_hashes
        self._passwords = PasswordCheck()
        self._refused = ThrottledLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan" or await self._may_pass(scope):
            await self._app(scope, receive, send)
            return
        self._refused.warning("request refused reason=unauthorized client=%s", (scope.get("client") or ("",))[0])
        await PlainTextResponse("Unauthorized\n", 401, _CHALLENGE)(scope, receive, send)

    async def _may_pass(self, scope: Scope) -> bool:
        hashes = self._password_hashes()
        if not hashes:
            return True
        credentials = basic_credentials(dict(scope["headers"]).get(b"authorization", b""))
        if credentials is None:
            return False
        known = credentials.user in hashes
        hashed = hashes[credentials.user] if known else next(iter(hashes.values()))
        return await self._passwords.is_right(credentials.password, hashed) and known


def basic_credentials(header: bytes) -> Credentials | None:
    """Return user and password of the header ``Authorization``, ``None`` where it has none."""
    scheme, _, token = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(token.strip(), validate=True).partition(b":")
        return Credentials(user.decode(), password) if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:_BCRYPT_BYTES], hashed)
    except ValueError:
        return False
