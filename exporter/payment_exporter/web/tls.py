"""TLS of the server: a context from the configuration, and one that follows its files."""

from __future__ import annotations

import os
import ssl
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from payment_catalog.errors import ForeseenError
from payment_exporter.web.freshness import Fresh, stamp
from payment_exporter.web.tls_names import CIPHER_SUITES, CLIENT_AUTHENTICATION, CURVES, TLS_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payment_exporter.web.configuration import TlsServer


class FollowingContext(ssl.SSLContext):
    """Gives every new connection a context that is up to date, whatever name the client asks for.

    asyncio asks a context for nothing but ``wrap_bio``. A servername callback that changes the context of a
    handshake under way would change the certificate alone: versions, ciphers and the verification of the client
    are those of the first context, and so is the cache in which sessions are resumed.
    """

    def __new__(cls, _current: Callable[[], ssl.SSLContext]) -> FollowingContext:
        """Make it without a certificate: of itself it serves nobody."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, current: Callable[[], ssl.SSLContext]) -> None:
        self._current = current

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Begin a connection."""
        return self._current().wrap_bio(*arguments, **options)


def following_context(tls: Callable[[], TlsServer]) -> FollowingContext:
    """Return a context that follows the configuration and the files that it names.

    Raises ForeseenError where they cannot be used now. Later the context before is kept, and the reason logged.
    """

    def state() -> object:
        now = tls()
        return now, [stamp(Path(file)) for file in (now.cert_file, now.key_file, now.client_ca_file) if file]

    return FollowingContext(Fresh("tls_server_config", state, lambda: server_context(tls())))


def server_context(tls: TlsServer) -> ssl.SSLContext:
    """Return the context; raises ForeseenError with key and file where a certificate or key cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = TLS_VERSIONS[tls.min_version]
    context.maximum_version = TLS_VERSIONS[tls.max_version]
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    suites = [CIPHER_SUITES[name] for name in tls.cipher_suites if name in CIPHER_SUITES]
    if suites:
        context.set_ciphers(":".join(suites))
    for curve in tls.curve_preferences:
        context.set_ecdh_curve(CURVES[curve])
    _load_certificate(context, tls)
    if tls.client_auth_type != "NoClientCert":
        _load_client_authorities(context, tls)
    return context


def _load_certificate(context: ssl.SSLContext, tls: TlsServer) -> None:
    for key, file in (("cert_file", tls.cert_file), ("key_file", tls.key_file)):
        if file:
            _check_readable(f"tls_server_config.{key}", file)
    with (
        _as_file(tls.cert.get_secret_value(), tls.cert_file) as cert,
        _as_file(tls.key.get_secret_value(), tls.key_file) as key,
    ):
        try:
            context.load_cert_chain(cert, key, password=_no_password)
        except (OSError, ValueError) as error:
            raise ForeseenError(
                f"tls_server_config: {tls.cert_file or 'cert'} and {tls.key_file or 'key'} are no certificate "
                f"and its key in PEM: {_reason(error)}"
            ) from None


def _load_client_authorities(context: ssl.SSLContext, tls: TlsServer) -> None:
    """Have clients verified. As in Go, any certificate of the file is trusted, not a root alone."""
    context.verify_mode = CLIENT_AUTHENTICATION[tls.client_auth_type]
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    file, inline = tls.client_ca_file, tls.client_ca.get_secret_value()
    if file:
        _check_readable("tls_server_config.client_ca_file", file)
    try:
        context.load_verify_locations(cafile=file or None, cadata=inline or None)
    except (OSError, ValueError) as error:
        key = f"client_ca_file: {file}" if file else "client_ca"
        raise ForeseenError(f"tls_server_config.{key}: has no certificate in PEM: {_reason(error)}") from None


def _check_readable(key: str, file: str) -> None:
    """OpenSSL does not say which file it cannot read."""
    try:
        with Path(file).open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise ForeseenError(f"{key}: {file}: {error.strerror}") from None


@contextmanager
def _as_file(inline: str, file: str) -> Iterator[str]:
    """Yield a file for OpenSSL, which reads certificates and keys from files only; Linux keeps it in memory."""
    if file:
        yield file
    elif sys.platform == "linux":
        with open(os.memfd_create("pem"), "wb") as memory:  # noqa: PTH123 - a descriptor
            memory.write(inline.encode())
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
    else:
        with tempfile.NamedTemporaryFile() as temporary:
            temporary.write(inline.encode())
            temporary.flush()
            yield temporary.name


def _no_password() -> NoReturn:
    """Fail where OpenSSL would ask at the terminal."""
    raise ValueError("the key is encrypted; write it without a password")


def _reason(error: Exception) -> str:
    """Return the reason without OpenSSL's numbers."""
    reason = getattr(error, "reason", None)
    return str(reason).lower().replace("_", " ") if reason else str(error).partition(" (_ssl.c")[0]
