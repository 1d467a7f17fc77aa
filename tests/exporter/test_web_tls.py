"""TLS over real connections: who is served, by which certificate."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
import requests
from cryptography import x509
from exporter.certificates import LOOPBACK, Authority, Issued
from exporter.test_web_server import get, serving

from payment_exporter.web import server
from payment_exporter.web.connections import ConnectionLimits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TLS = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
MUTUAL = TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"


@dataclass
class House:
    """A directory with a configuration and the certificates that it names."""

    directory: Path
    authority: Authority

    def configure(self, text: str) -> Path:
        file = self.directory / "web.yml"
        file.write_text(text)
        return file

    def renew(self) -> int:
        """Give the server another certificate; returns its number."""
        issued = self.authority.issue(LOOPBACK, x509.DNSName("exporter"))
        issued.write(self.directory, "server")
        return issued.serial

    def client(self, issued: Issued | None = None) -> ssl.SSLContext:
        """Return a client's context, which trusts the authority."""
        context = ssl.create_default_context(cadata=self.authority.certificate.decode())
        if issued:
            context.load_cert_chain(*issued.write(self.directory, "client"))
        return context


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path, Authority("ours"))
    house.renew()
    (tmp_path / "ca.crt").write_bytes(house.authority.certificate)
    return house


def body(port: int, context: ssl.SSLContext) -> bytes:
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def serial(port: int, context: ssl.SSLContext, name: str | None = "127.0.0.1") -> int:
    """Return the number of the certificate that the server shows; ``None`` asks for no name."""
    if name is None:
        context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        certificate = connection.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate).serial_number


def turned_away(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (ssl.SSLError, ConnectionError, requests.ConnectionError):
        return True
    return False


def test_tls_is_served_and_plain_http_is_not(house: House) -> None:
    with serving(house.configure(TLS)) as port:
        assert body(port, house.client()) == b"fast"
        assert turned_away(lambda: get(port))


def test_certificate_and_key_may_stand_in_the_file_itself(house: House) -> None:
    issued = house.authority.issue(LOOPBACK)
    indented = {
        name: "".join(f"\n    {line}" for line in pem.decode().splitlines())
        for name, pem in (("cert", issued.certificate), ("key", issued.key), ("client_ca", house.authority.certificate))
    }
    text = "tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n"
    text += "".join(f"  {name}: |{pem}\n" for name, pem in indented.items())
    with serving(house.configure(text)) as port:
        assert serial(port, house.client(issued)) == issued.serial
        assert body(port, house.client(issued)) == b"fast"
        assert turned_away(lambda: body(port, house.client()))


def test_a_client_must_have_a_certificate_of_the_authority(house: House) -> None:
    with serving(house.configure(MUTUAL)) as port:
        assert body(port, house.client(house.authority.issue())) == b"fast"
        assert turned_away(lambda: body(port, house.client()))
        assert turned_away(lambda: body(port, house.client(Authority("theirs").issue())))


def test_a_certificate_that_may_be_left_out_is_verified_where_there_is_one(house: House) -> None:
    text = MUTUAL.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven")
    with serving(house.configure(text)) as port:
        assert body(port, house.client()) == b"fast"
        assert body(port, house.client(house.authority.issue())) == b"fast"
        assert turned_away(lambda: body(port, house.client(Authority("theirs").issue())))


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        (x509.DNSName("prometheus"), "prometheus"),
        (x509.IPAddress(ip_address("10.1.2.3")), "10.1.2.3"),
        (x509.IPAddress(ip_address("2001:db8::1")), "2001:db8::1"),
        (x509.RFC822Name("sre@example.com"), "sre@example.com"),
        (x509.UniformResourceIdentifier("spiffe://house/prometheus"), "spiffe://house/prometheus"),
    ],
)
def test_a_client_must_have_an_allowed_name(house: House, name: x509.GeneralName, allowed: str) -> None:
    with serving(house.configure(f'{MUTUAL}  client_allowed_sans: [elsewhere, "{allowed}"]\n')) as port:
        known = house.authority.issue(x509.DNSName("another"), name)
        assert body(port, house.client(known)) == b"fast"
        for stranger in (house.authority.issue(x509.DNSName("another")), house.authority.issue()):
            assert turned_away(lambda issued=stranger: body(port, house.client(issued)))  # type: ignore[misc]


def test_allowed_names_follow_the_file(house: House) -> None:
    with serving(house.configure(f"{MUTUAL}  client_allowed_sans: [one]\n")) as port:
        client = house.client(house.authority.issue(x509.DNSName("two")))
        assert turned_away(lambda: body(port, client))
        house.configure(f"{MUTUAL}  client_allowed_sans: [one, two]\n")
        assert body(port, client) == b"fast"


def test_a_renewed_certificate_is_shown_to_the_next_client(house: House) -> None:
    with serving(house.configure(TLS)) as port:
        for _ in range(2):
            renewed = house.renew()
            assert serial(port, house.client()) == renewed
            assert serial(port, house.client(), None) == renewed
            assert body(port, house.client()) == b"fast"


def test_a_link_that_is_turned_is_a_change(house: House) -> None:
    """As Kubernetes changes a mounted secret."""
    for version in ("one", "two"):
        (house.directory / version).mkdir()
        house.renew()
        for file in ("server.crt", "server.key"):
            shutil.move(house.directory / file, house.directory / version / file)
    data = house.directory / "data"
    data.symlink_to("one")
    text = TLS.replace("server.", "data/server.")
    with serving(house.configure(text)) as port:
        first = serial(port, house.client())
        turned = house.directory / "turned"
        turned.symlink_to("two")
        turned.replace(data)
        assert serial(port, house.client()) != first


def test_a_broken_certificate_leaves_the_one_before_and_is_logged_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    good = house.renew()
    with serving(house.configure(TLS)) as port:
        (house.directory / "server.crt").write_text("half a certif")
        for _ in range(3):
            assert serial(port, house.client()) == good
        assert len([record for record in caplog.records if "not taken over" in record.getMessage()]) == 1
        assert "server.crt" in caplog.text
        assert serial(port, house.client()) == good
        better = house.renew()
        assert serial(port, house.client()) == better


def test_an_authority_that_is_exchanged_ends_trust_in_the_one_before(house: House) -> None:
    """A session of before is not resumed either."""
    other = Authority("other")
    with serving(house.configure(MUTUAL)) as port:
        context = house.client(house.authority.issue())
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            session = connection.session
        (house.directory / "ca.crt").write_bytes(other.certificate)

        def resume() -> None:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as connection,
            ):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
                assert not connection.recv(1)

        assert turned_away(resume)
        assert turned_away(lambda: body(port, context))
        assert body(port, house.client(other.issue())) == b"fast"


def test_an_idle_client_does_not_keep_the_server(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it does not answer TLS's farewell, as the pools of HTTP clients do not."""
    monkeypatch.setattr(server, "_TLS_SECONDS", 600)
    with serving(house.configure(TLS), limits=ConnectionLimits(grace_seconds=600)) as port:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=house.client(), timeout=30)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"fast"
    connection.close()


def test_versions_and_suites_are_as_configured_and_follow_the_file(house: House) -> None:
    old = house.client()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    with serving(house.configure(f"{TLS}  cipher_suites: [{suite}]\n  max_version: TLS12\n")) as port:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
            house.client().wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            cipher = connection.cipher()
            assert cipher is not None
            assert cipher[:2] == ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2")
        house.configure(f"{TLS}  min_version: TLS13\n  curve_preferences: [CurveP384]\n")
        assert body(port, house.client()) == b"fast"
        assert turned_away(lambda: body(port, old))
        other_curve = house.client()
        other_curve.set_ecdh_curve("prime256v1")
        assert turned_away(lambda: body(port, other_curve))
