"""When the certificates that a server presents run out."""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from payment_exporter.probing.targets import ServiceTarget


async def earliest_expiry(target: ServiceTarget) -> float:
    """Return when the first certificate of the presented chain runs out, as Unix time.

    The handshake verifies nothing, as a certificate that has run out is of interest too; therefore nothing is sent
    over the connection, and it is closed at once. Raises OSError when there is no handshake, ValueError for a
    certificate that cannot be read.
    """
    _, writer = await asyncio.open_connection(target.host, target.port, ssl=_trusting_anybody())
    try:
        chain = presented_chain(writer.get_extra_info("ssl_object"))
    finally:
        writer.transport.abort()
    return min(certificate.not_valid_after_utc for certificate in chain).timestamp()


def presented_chain(connection: ssl.SSLObject) -> list[x509.Certificate]:
    """Return what the other side presented, its own certificate first. Raises ValueError for an unreadable one.

    The ssl module has this since Python 3.13; before, it is in the object below, as truststore (and so pip) uses it.
    """
    if sys.version_info >= (3, 13):
        return [x509.load_der_x509_certificate(encoded) for encoded in connection.get_unverified_chain()]
    below = connection._sslobj  # type: ignore[attr-defined]  # noqa: SLF001
    return [x509.load_pem_x509_certificate(found.public_bytes().encode()) for found in below.get_unverified_chain()]


def _trusting_anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
