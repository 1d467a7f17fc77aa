"""The file of ``--web.config.file``, in the format of Prometheus' exporter-toolkit.

The format is https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md. Differences:

- TLS 1.0 and 1.1 are refused, as current OpenSSL refuses them.
- A client's certificate is either not asked for or verified: RequestClientCert and RequireAnyClientCert are refused,
  and so is verifying without ``client_ca_file`` or ``client_ca``.
- ``curve_preferences`` names one curve at most: Python can restrict the curves to one, not order them.
- ``http2`` is accepted, and HTTP/1.1 is spoken: that is what Prometheus falls back to.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from payment_catalog.durations import Duration
from payment_catalog.loading import load_file
from payment_catalog.settings.section import Section, UnsoundError
from payment_exporter.web.tls_names import CIPHER_SUITES, TLS13_CIPHER_SUITES

if TYPE_CHECKING:
    from collections.abc import Mapping

_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}")
#: One step more doubles the time; 18 takes some ten seconds, longer than a scrape waits.
_COSTS = range(4, 19)
#: Headers that may be added, and their values where those are enumerated.
_HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}

TextT = TypeVar("TextT")


def _text(value: TextT) -> TextT:
    """Refuse what is no text before pydantic does, whose error has the value in it."""
    if not isinstance(value, str | SecretStr):
        raise UnsoundError((), "must be a text in PEM")
    return value


def _known_suite(name: str) -> str:
    if name not in CIPHER_SUITES and name not in TLS13_CIPHER_SUITES:
        raise ValueError(f"allowed are {', '.join(sorted({*CIPHER_SUITES, *TLS13_CIPHER_SUITES}))}")
    return name


def _zero_is_none(value: object) -> object:
    return None if value in (0, "0", "0s") else value


Pem = Annotated[SecretStr, BeforeValidator(_text)]
FileName = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=4096)]
Interval = Annotated[Duration | None, BeforeValidator(_zero_is_none)]
CipherSuite = Annotated[str, AfterValidator(_known_suite)]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[ -~]*$", strip_whitespace=True, max_length=4096)]


class _Part(Section):
    """A mapping whose errors never show what was found: it may be a secret in a wrong place."""

    model_config = ConfigDict(hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, data: Any) -> Any:
        if not isinstance(data, (dict, cls)):
            raise UnsoundError((), "must be a mapping of settings")
        return data


class TlsServer(_Part):
    """``tls_server_config``: TLS, and who may connect. An empty text is as good as none."""

    cert: Pem = SecretStr("")
    """Certificate chain."""
    key: Pem = SecretStr("")
    """Its private key, not encrypted."""
    client_ca: Pem = SecretStr("")
    """Certificates of the authorities that clients' certificates are verified with."""
    cert_file: FileName = ""
    """File with the certificate chain."""
    key_file: FileName = ""
    """File with its private key, not encrypted."""
    client_ca_file: FileName = ""
    """File with the certificates of those authorities."""
    client_auth_type: Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"] = "NoClientCert"
    """Whether clients show a certificate."""
    client_allowed_sans: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Alternative names (DNS, IP, e-mail, URI) of which a client's certificate must have one, to the letter."""
    min_version: Literal["TLS12", "TLS13"] = "TLS12"
    """Least version of TLS."""
    max_version: Literal["TLS12", "TLS13"] = "TLS13"
    """Greatest version of TLS."""
    cipher_suites: tuple[CipherSuite, ...] = ()
    """Suites of TLS 1.2 by Go's names; OpenSSL's default unless given. Those of TLS 1.3 are always on."""
    prefer_server_cipher_suites: bool = True
    """Whether the order of ``cipher_suites`` goes before the client's."""
    curve_preferences: tuple[Literal["CurveP256", "CurveP384", "CurveP521", "X25519"], ...] = Field(
        default=(), max_length=1
    )
    """The only curve of the key exchange; OpenSSL's default ones unless given."""

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        pairs = {
            "cert": (self.cert.get_secret_value(), self.cert_file),
            "key": (self.key.get_secret_value(), self.key_file),
            "client_ca": (self.client_ca.get_secret_value(), self.client_ca_file),
        }
        for name, (inline, file) in pairs.items():
            if inline and file:
                raise UnsoundError((name,), f"and {name}_file are both set; set one of them")
            if not inline and not file and name != "client_ca":
                raise UnsoundError((), f"has no {name}; set {name}_file or {name}")
        return self

    @model_validator(mode="after")
    def _clients_are_verified(self) -> Self:
        has_authorities = bool(self.client_ca.get_secret_value() or self.client_ca_file)
        verifies = self.client_auth_type != "NoClientCert"
        if has_authorities and not verifies:
            raise UnsoundError(
                ("client_auth_type",),
                "does not verify what client_ca and client_ca_file are for; "
                "set RequireAndVerifyClientCert, or leave them out",
            )
        if verifies and not has_authorities:
            raise UnsoundError(("client_auth_type",), "has nothing to verify with; set client_ca_file or client_ca")
        if self.client_allowed_sans is not None and self.client_auth_type != "RequireAndVerifyClientCert":
            raise UnsoundError(("client_allowed_sans",), "needs client_auth_type: RequireAndVerifyClientCert")
        return self

    @model_validator(mode="after")
    def _versions_and_suites_agree(self) -> Self:
        if (self.min_version, self.max_version) == ("TLS13", "TLS12"):
            raise UnsoundError(("max_version",), "is below min_version")
        without_tls12 = self.min_version == "TLS13"
        if self.cipher_suites and not without_tls12 and TLS13_CIPHER_SUITES.issuperset(self.cipher_suites):
            raise UnsoundError(("cipher_suites",), "has none for TLS 1.2; add one, or set min_version: TLS13")
        return self

    def located(self, directory: Path) -> TlsServer:
        """Return it with relative paths taken from ``directory``."""
        names = ("cert_file", "key_file", "client_ca_file")
        paths = {name: str(directory / getattr(self, name)) for name in names if getattr(self, name)}
        return self.model_copy(update=paths)


class HttpServer(_Part):
    """``http_server_config``."""

    http2: bool = True
    """Accepted for the format's sake: HTTP/1.1 is spoken."""
    headers: dict[str, HeaderValue] = Field(default={})
    """Headers added to every answer; a blank one is not."""

    @field_validator("headers")
    @classmethod
    def _as_allowed(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if name not in _HEADERS:
                raise UnsoundError((name,), f"cannot be added; allowed are {', '.join(_HEADERS)}")
            if value and _HEADERS[name] and value not in _HEADERS[name]:
                raise UnsoundError((name,), f"must be {' or '.join(_HEADERS[name])}")
        return {name: value for name, value in headers.items() if value}


class RateLimit(_Part):
    """``rate_limit``: a token bucket that all requests share."""

    interval: Interval = None
    """Time in which one request more may come; 0 is no limit."""
    burst: int = Field(default=1, ge=1, le=1_000_000)
    """Requests that may come at once."""


class WebConfiguration(_Part):
    """The whole file."""

    tls_server_config: TlsServer | None = None
    """TLS; plain HTTP without."""
    http_server_config: HttpServer = HttpServer()
    """Headers."""
    basic_auth_users: dict[str, SecretStr] = Field(default={})
    """bcrypt hash of each user's password; without users nobody is asked."""
    rate_limit: RateLimit = RateLimit()
    """How many requests may come."""

    @field_validator("basic_auth_users", mode="before")
    @classmethod
    def _hashes(cls, users: Any) -> Any:
        if not isinstance(users, dict):
            raise UnsoundError((), "must be a mapping of users to bcrypt hashes")
        for user, hashed in users.items():
            text = hashed.get_secret_value() if isinstance(hashed, SecretStr) else hashed
            found = _BCRYPT.fullmatch(text) if isinstance(text, str) else None
            if found is None:
                raise UnsoundError((str(user),), "is no bcrypt hash ($2y$…); 'htpasswd -nBC 10 \"\"' makes one")
            if int(found["cost"]) not in _COSTS:
                raise UnsoundError((str(user),), f"has a cost out of {_COSTS[0]} to {_COSTS[-1]}")
            if ":" in str(user):
                raise UnsoundError((str(user),), "has a colon, which a user's name cannot have (RFC 7617)")
        return users

    @property
    def password_hashes(self) -> Mapping[str, bytes]:
        """Users and the hashes of their passwords."""
        return {user: hashed.get_secret_value().encode() for user, hashed in self.basic_auth_users.items()}


def load_web_configuration(file: Path) -> WebConfiguration:
    """Read and check the file; relative paths in it begin where it lies. Raises SettingsError."""
    configuration = load_file(file, WebConfiguration)
    tls = configuration.tls_server_config
    if tls is None:
        return configuration
    return configuration.model_copy(update={"tls_server_config": tls.located(Path(file).parent)})
