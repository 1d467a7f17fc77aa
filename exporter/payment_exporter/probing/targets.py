"""Which services may be asked: text to target, and the list that keeps requests from being forged.

A target from outside is accepted only in one plain form, is compared with the list as text, and is put together anew
from its parts: no two parsers have to agree about what a strange address means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from payment_exporter.configuration import Probe

#: Characters of a name (RFC 1035, 2.3.4: 255 octets with the lengths of its labels).
_LONGEST_NAME = 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
#: Without ASCII, the small i without its dot and the Kelvin sign would be letters here.
_FLAGS = re.ASCII | re.IGNORECASE
_ASKED = re.compile(rf"{_ORIGIN}(?P<path>/?)", _FLAGS)
_CONFIGURED = re.compile(rf"{_ORIGIN}(?P<path>(?:/[a-z0-9._~/-]*)?)", _FLAGS)
#: The last label of an IPv4 address in any of the forms that resolvers take (127.0.0.1, 127.1, 0x7f.1).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}


class TargetRefusedError(ForeseenError):
    """A target that may not be asked. Its text repeats no more of it than scheme, host and port."""


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """Where a service is: scheme and host in small letters, and a path without a slash at its end, mostly empty."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def origin(self) -> str:
        """Return ``scheme://host:port``, the port also where it is the default one."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the origin and the prefix: the label ``target`` of the series."""
        return self.origin + self.prefix


@dataclass(frozen=True, slots=True)
class AllowedOrigin:
    """An entry of ``allowed``. With ``wildcard``, one more label stands before the host."""

    target: ServiceTarget
    wildcard: bool

    def matches(self, asked: ServiceTarget) -> bool:
        """Return whether the entry names the origin.

        A wildcard stands neither for a part of an IP address nor for an encoded international label (``xn--``).
        """
        if not self.wildcard:
            return asked.origin == self.target.origin
        first, _, rest = asked.host.partition(".")
        return (
            (asked.scheme, rest, asked.port) == (self.target.scheme, self.target.host, self.target.port)
            and not first.startswith("xn--")
            and not _NUMBER.fullmatch(rest.rpartition(".")[2])
        )


def configured_target(url: str, key: str) -> ServiceTarget:
    """Return the target of an address from the configuration.

    Raises ForeseenError, which names ``key`` and not the address, as that may hold credentials.
    """
    target = _target(_CONFIGURED.fullmatch(url))
    if target is None:
        raise ForeseenError(f"{key}: an address is not of the form http(s)://host[:port][/path]")
    return target


def listed_targets(configuration: Probe) -> tuple[ServiceTarget, ...]:
    """Return ``targets``, each once. Raises ForeseenError for an address with an impossible host or port."""
    return tuple(dict.fromkeys(configured_target(url, "collectors.probe.targets") for url in configuration.targets))


def allowed_origins(configuration: Probe) -> tuple[AllowedOrigin, ...]:
    """Return ``allowed``. Raises ForeseenError for an entry with an impossible host or port."""
    return tuple(
        AllowedOrigin(configured_target(entry.replace("*.", "", 1), "collectors.probe.allowed"), "*." in entry)
        for entry in configuration.allowed
    )


def parse_target(text: str, configuration: Probe) -> ServiceTarget:
    """Return the target that ``/probe?target=`` names: ``http(s)://host[:port]``.

    It is one of ``targets``, then with the path that stands there, or one that ``allowed`` matches. Raises
    TargetRefusedError for all others.
    """
    asked = _target(_ASKED.fullmatch(text))
    if asked is None:
        raise TargetRefusedError("target is not of the form http(s)://host[:port]")
    listed = [target for target in listed_targets(configuration) if target.origin == asked.origin]
    if listed:
        return min(listed, key=lambda target: len(target.prefix))
    if any(entry.matches(asked) for entry in allowed_origins(configuration)):
        return asked
    raise TargetRefusedError(
        f"target {asked.origin} is neither in collectors.probe.targets nor matched by collectors.probe.allowed"
    )


def _target(match: re.Match[str] | None) -> ServiceTarget | None:
    if match is None:
        return None
    scheme, host = match["scheme"].lower(), match["host"].lower()
    port = int(match["port"] or _PORTS[scheme])
    if port > 65535 or len(host) > _LONGEST_NAME:
        return None
    return ServiceTarget(scheme, host, port, match["path"].rstrip("/"))
