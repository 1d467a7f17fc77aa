"""Probes over TLS: what is trusted, and when the chain that a server presents runs out, trusted or not."""

from __future__ import annotations

import gc
import ipaddress
import logging
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payment_exporter.collectors.probe import ProbeCollector
from payment_exporter.configuration import Probe
from payment_exporter.probing import prober as prober_module
from payment_exporter.probing.prober import Prober

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 20.0
NOW = datetime.now(UTC).replace(microsecond=0)
BEGAN = NOW - timedelta(days=100)
EXPIRED = NOW - timedelta(days=1)
SOON = NOW + timedelta(days=7)
LATER = NOW + timedelta(days=90)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def issue(name: str, ends: datetime, issuer: Identity | None = None, address: str | None = None) -> Identity:
    """Make a certificate: of an authority, or of the server at ``address``; without an issuer it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGAN)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=address is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if address:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return Identity(builder.sign(signer, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def authority() -> Identity:
    return issue("root", LATER + timedelta(days=1000))


@pytest.fixture
def ca_file(authority: Identity, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.pem)
    return file


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"checks": {"redis": {"up": true}}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: Any) -> None:
        """A client that does not trust the certificate goes away."""


@contextmanager
def serving(tmp_path: Path, *chain: Identity) -> Iterator[str]:
    """Serve with the chain, the server's own certificate first; without one, not encrypted."""
    with Server(("127.0.0.1", 0), Handler) as server:
        if chain:
            (tmp_path / "chain.pem").write_bytes(b"".join(identity.pem for identity in chain))
            (tmp_path / "key.pem").write_bytes(
                chain[0].key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def scrape(prober: Prober) -> tuple[float, float, float | None]:
    """Return success and status of the health check, and the expiry."""
    found = {
        (sample.name.removeprefix("payment_probe_"), sample.labels.get("endpoint")): sample.value
        for family in prober.probe_configured(PATIENCE)
        for sample in family.samples
    }
    assert found["success", "health"] == found["success", "ready"]
    return (
        found["success", "health"],
        found["http_status_code", "health"],
        found.get(("tls_earliest_expiry_timestamp_seconds", None)),
    )


def prober(url: str, ca_file: Path | None) -> Prober:
    return Prober(Probe(targets=(url,), ca_file=str(ca_file) if ca_file else None), None)


def test_a_trusted_service_is_well_and_says_when_its_certificate_ends(
    authority: Identity, ca_file: Path, tmp_path: Path
) -> None:
    with serving(tmp_path, issue("server", SOON, authority, "127.0.0.1")) as url:
        assert scrape(prober(url, ca_file)) == (1, 200, SOON.timestamp())


@pytest.mark.parametrize(("server", "intermediate"), [(LATER, SOON), (SOON, LATER)])
def test_the_first_of_the_chain_to_end_counts(
    server: datetime, intermediate: datetime, authority: Identity, ca_file: Path, tmp_path: Path
) -> None:
    between = issue("intermediate", intermediate, authority)

    with serving(tmp_path, issue("server", server, between, "127.0.0.1"), between) as url:
        assert scrape(prober(url, ca_file)) == (1, 200, SOON.timestamp())


def reasons(caplog: pytest.LogCaptureFixture) -> set[str]:
    return {record.getMessage().partition(" reason=")[2] for record in caplog.records}


def test_an_expired_certificate_fails_and_is_published(
    authority: Identity, ca_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path, issue("server", EXPIRED, authority, "127.0.0.1")) as url:
        assert scrape(prober(url, ca_file)) == (0, 0, EXPIRED.timestamp())

    assert reasons(caplog) == {"TLS: certificate has expired"}


def test_a_self_signed_certificate_fails_and_is_published(
    ca_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path, issue("server", SOON, None, "127.0.0.1")) as url:
        assert scrape(prober(url, ca_file)) == (0, 0, SOON.timestamp())

    assert reasons(caplog) == {"TLS: self-signed certificate"}


def test_a_certificate_of_another_host_fails_and_is_published(
    authority: Identity, ca_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path, issue("server", SOON, authority, "127.0.0.2")) as url:
        assert scrape(prober(url, ca_file)) == (0, 0, SOON.timestamp())

    assert len(reasons(caplog)) == 1
    assert "not valid for '127.0.0.1'" in reasons(caplog).pop()


def test_without_a_file_the_system_says_whom_to_trust(authority: Identity, tmp_path: Path) -> None:
    with serving(tmp_path, issue("server", SOON, authority, "127.0.0.1")) as url:
        assert scrape(prober(url, None)) == (0, 0, SOON.timestamp())


def test_authorities_are_read_anew_and_none_are_trusted_while_they_cannot_be(
    authority: Identity, ca_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="payment_exporter")
    ca_file.unlink()
    with serving(tmp_path, issue("server", SOON, authority, "127.0.0.1")) as url:
        asking = prober(url, ca_file)
        assert scrape(asking) == (0, 0, SOON.timestamp())
        assert f"probe failed target={ca_file} endpoint=ca_file reason=No such file or directory" in caplog.messages
        ca_file.write_text("no certificate")
        assert scrape(asking) == (0, 0, SOON.timestamp())
        ca_file.write_bytes(authority.pem)
        assert scrape(asking) == (1, 200, SOON.timestamp())
        assert f"probe succeeds again target={ca_file} endpoint=ca_file" in caplog.messages


def test_a_target_that_does_not_encrypt_has_no_expiry(ca_file: Path, tmp_path: Path) -> None:
    with serving(tmp_path) as url:
        assert scrape(prober(url, ca_file)) == (0, 0, None)


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """What is closed now was closed by the program."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collection")
def test_a_handshake_that_hangs_costs_only_its_own_figures_and_its_connections_are_closed(
    authority: Identity, ca_file: Path, tmp_path: Path
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        serving(tmp_path, issue("server", SOON, authority, "127.0.0.1")) as url,
    ):
        hanging = f"https://127.0.0.1:{silent.getsockname()[1]}"
        collector = ProbeCollector(Probe(targets=(hanging, url), ca_file=str(ca_file)), None, timeout=4)
        found = [sample for family in collector.collect() for sample in family.samples]
        for _ in ("health", "ready", "certificate"):
            silent.settimeout(PATIENCE)
            with silent.accept()[0] as connection:
                connection.settimeout(PATIENCE)
                assert connection.recv(1 << 16)
                assert not connection.recv(1 << 16)

    success = {sample.labels["target"]: sample.value for sample in found if sample.name == "payment_probe_success"}
    assert success == {hanging: 0, url: 1}
    expiry = [sample for sample in found if sample.name == "payment_probe_tls_earliest_expiry_timestamp_seconds"]
    assert [(sample.labels["target"], sample.value) for sample in expiry] == [(url, SOON.timestamp())]


def test_a_certificate_that_cannot_be_read_costs_only_its_own_figure(
    authority: Identity,
    ca_file: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def unreadable(target: object) -> float:
        raise ValueError(f"error parsing asn1 value of {target}")

    caplog.set_level(logging.INFO, logger="payment_exporter")
    with serving(tmp_path, issue("server", SOON, authority, "127.0.0.1")) as url:
        asking = prober(url, ca_file)
        with monkeypatch.context() as patched:
            patched.setattr(prober_module, "earliest_expiry", unreadable)
            assert scrape(asking) == (1, 200, None)
        assert caplog.messages == [f"probe failed target={url} endpoint=certificate reason=ValueError"]
        caplog.clear()
    assert scrape(asking) == (0, 0, None)
    assert {message.rpartition(" endpoint=")[2] for message in caplog.messages} == {
        "health reason=Connection refused",
        "ready reason=Connection refused",
    }


def test_a_gateway_over_tls_has_an_expiry_too(authority: Identity, ca_file: Path, tmp_path: Path) -> None:
    with serving(tmp_path, issue("server", SOON, authority, "127.0.0.1")) as url:
        found = Prober(Probe(targets=(url,), ca_file=str(ca_file)), url).probe_configured(PATIENCE)

    assert [(sample.name, sample.labels["target"], sample.value) for sample in found[-1].samples] == [
        ("payment_probe_tls_earliest_expiry_timestamp_seconds", url, SOON.timestamp())
    ]
