"""The web configuration file, as an operator writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exporter.certificates import LOOPBACK, Authority

from payment_catalog.errors import ForeseenError
from payment_catalog.loading import SettingsError
from payment_exporter.web.configuration import WebConfiguration, load_web_configuration
from payment_exporter.web.tls import server_context

if TYPE_CHECKING:
    from pathlib import Path

HASH = "$2y$04$Y4UU1w5c0Yt4Vt5SWR1bBuCvmGUIMzXcKtZ7QkIP1kHcTUEy3VlkS"

EVERYTHING = f"""
tls_server_config:
  cert_file: server.crt
  key_file: /etc/tls/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus, 10.0.0.1]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519]
http_server_config:
  http2: true
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: ""
basic_auth_users:
  prometheus: {HASH}
rate_limit:
  interval: 1s
  burst: 20
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "web.yml"


def refused(file: Path, text: str) -> SettingsError:
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_web_configuration(file)
    return caught.value


def test_all_of_the_format_is_read_and_paths_begin_at_the_file(file: Path) -> None:
    file.write_text(EVERYTHING)
    configuration = load_web_configuration(file)
    tls = configuration.tls_server_config
    assert tls is not None
    assert tls.cert_file == str(file.parent / "server.crt")
    assert tls.key_file == "/etc/tls/server.key"
    assert configuration.http_server_config.headers == {"X-Frame-Options": "deny"}
    assert configuration.password_hashes == {"prometheus": HASH.encode()}


def test_an_empty_file_is_plain_http_for_everybody(file: Path) -> None:
    file.write_text("")
    assert load_web_configuration(file) == WebConfiguration()


@pytest.mark.parametrize("off", ["0", "0s"])
def test_an_interval_of_zero_is_no_limit(file: Path, off: str) -> None:
    file.write_text(f"rate_limit: {{interval: {off}, burst: 5}}")
    assert load_web_configuration(file).rate_limit.interval is None


PAIR = "tls_server_config:\n  cert_file: a\n  key_file: b\n"


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        ("basic_auth_user: {}", 1, "basic_auth_user", "did you mean 'basic_auth_users'?"),
        ("tls_server_config: {}", 1, "tls_server_config", "set cert_file or cert"),
        ("tls_server_config:\n  cert_file: a\n", 1, "tls_server_config", "set key_file or key"),
        (PAIR + "  cert: x\n", 4, "tls_server_config.cert", "cert_file are both set"),
        (PAIR + "  min_version: TLS10\n", 4, "tls_server_config.min_version", "'TLS12' or 'TLS13'; found 'TLS10'"),
        (PAIR + "  min_version: TLS13\n  max_version: TLS12\n", 5, "tls_server_config.max_version", "below"),
        (
            PAIR + "  client_auth_type: RequireAnyClientCert\n",
            4,
            "tls_server_config.client_auth_type",
            "'NoClientCert', 'VerifyClientCertIfGiven' or 'RequireAndVerifyClientCert'; found 'RequireAnyClientCert'",
        ),
        (
            PAIR + "  client_auth_type: VerifyClientCertIfGiven\n",
            4,
            "tls_server_config.client_auth_type",
            "set client_ca_file or client_ca",
        ),
        (PAIR + "  client_ca_file: c\n", 1, "tls_server_config.client_auth_type", "RequireAndVerifyClientCert"),
        (PAIR + "  client_allowed_sans: [a]\n", 4, "tls_server_config.client_allowed_sans", "needs client_auth_type"),
        (PAIR + "  client_allowed_sans: []\n", 4, "tls_server_config.client_allowed_sans", "at least 1"),
        (PAIR + "  cipher_suites:\n  - RC4\n", 5, "tls_server_config.cipher_suites.0", "TLS_ECDHE_RSA_WITH_AES"),
        (
            PAIR + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n",
            4,
            "tls_server_config.cipher_suites",
            "min_version: TLS13",
        ),
        (PAIR + "  curve_preferences: [X25519, CurveP256]\n", 4, "tls_server_config.curve_preferences", "at most 1"),
        (PAIR + "  curve_preferences: [P1]\n", 4, "tls_server_config.curve_preferences.0", "'CurveP521' or 'X25519'"),
        ("http_server_config:\n  headers:\n    Server: x\n", 3, "http_server_config.headers.Server", "allowed are"),
        (
            "http_server_config:\n  headers:\n    X-Frame-Options: allow\n",
            3,
            "http_server_config.headers.X-Frame-Options",
            "deny or sameorigin",
        ),
        (
            'http_server_config:\n  headers:\n    X-XSS-Protection: "a\\r\\nb"\n',
            3,
            "http_server_config.headers.X-XSS-Protection",
            "pattern",
        ),
        (f"basic_auth_users:\n  a:b: {HASH}\n", 2, "basic_auth_users.a:b", "colon"),
        (f"basic_auth_users:\n  a: {HASH.replace('$04$', '$31$')}\n", 2, "basic_auth_users.a", "cost"),
        ("rate_limit: {interval: soon}", 1, "rate_limit.interval", "expected a duration"),
        ("rate_limit: {interval: 1s, burst: 0}", 1, "rate_limit.burst", "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_key(file: Path, text: str, line: int, key: str, says: str) -> None:
    error = refused(file, text)
    assert (error.line, error.key) == (line, key)
    assert says in error.reason


@pytest.mark.parametrize(
    "text",
    [
        "basic_auth_users:\n  prometheus: hunter2\n",
        "basic_auth_users:\n  prometheus: 4812094\n",
        "basic_auth_users:\n  prometheus: [hunter2]\n",
        "basic_auth_users: hunter2\n",
        "basic_auth_users: [hunter2]\n",
        "tls_server_config: hunter2\n",
        "tls_server_config: [hunter2]\n",
        "tls_server_config:\n  cert_file: a\n  key: [hunter2]\n",
        "tls_server_config:\n  cert_file: a\n  key: 4812094\n",
        "tls_server_config:\n  cert_file: a\n  key_file: b\n  key: hunter2\n",
        "tls_server_config:\n  cert_file: a\n  keys: hunter2\n",
        "rate_limit: hunter2\n",
        "hunter: hunter2\n",
    ],
)
def test_a_secret_in_a_wrong_place_is_not_repeated(file: Path, text: str) -> None:
    said = str(refused(file, text))
    assert "hunter2" not in said
    assert "4812094" not in said


def test_secrets_are_not_shown(file: Path) -> None:
    file.write_text(f"tls_server_config: {{cert: one, key: two}}\nbasic_auth_users: {{prometheus: {HASH}}}\n")
    shown = repr(load_web_configuration(file))
    assert HASH not in shown
    assert "two" not in shown


def test_certificates_that_cannot_be_used_are_named(tmp_path: Path, file: Path) -> None:
    authority = Authority("ours")
    authority.issue(LOOPBACK).write(tmp_path, "server")
    authority.issue(LOOPBACK).write(tmp_path, "other")
    authority.issue(LOOPBACK, password=b"hunter2").write(tmp_path, "locked")
    (tmp_path / "empty.crt").write_text("")

    def why(certificate: str, key: str, authorities: str = "") -> str:
        text = f"tls_server_config:\n  cert_file: {certificate}\n  key_file: {key}\n"
        if authorities:
            text += f"  client_ca_file: {authorities}\n  client_auth_type: RequireAndVerifyClientCert\n"
        file.write_text(text)
        tls = load_web_configuration(file).tls_server_config
        assert tls is not None
        with pytest.raises(ForeseenError) as caught:
            server_context(tls)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert why("none.crt", "server.key") == (
        f"tls_server_config.cert_file: {tmp_path}/none.crt: No such file or directory"
    )
    assert "tls_server_config.key_file" in why("server.crt", "none.key")
    assert "key values mismatch" in why("server.crt", "other.key")
    assert "are no certificate and its key in PEM" in why("empty.crt", "server.key")
    assert "is encrypted" in why("locked.crt", "locked.key")
    assert "client_ca_file" in why("server.crt", "server.key", "empty.crt")
    assert "client_ca_file" in why("server.crt", "server.key", "none.crt")


def test_an_inline_key_that_is_none_is_not_repeated() -> None:
    configuration = WebConfiguration.model_validate({"tls_server_config": {"cert": "hunter1", "key": "hunter2"}})
    assert configuration.tls_server_config is not None
    with pytest.raises(ForeseenError, match="cert and key are no certificate") as caught:
        server_context(configuration.tls_server_config)
    assert "hunter" not in str(caught.value)
