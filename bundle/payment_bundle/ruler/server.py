"""A Mimir or a Cortex, and where its APIs are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_bundle.account import NOBODY, Account
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from pathlib import Path

#: What Mimir allows in the name of a tenant ("About tenant IDs"); Cortex allows the same.
_TENANT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9!\-_.*'()]{1,150}")
#: Paths that Mimir puts before the APIs of Prometheus and of Alertmanager, unless told otherwise.
_PREFIXES = ("/prometheus", "/alertmanager")


class Flavour(StrEnum):
    """Which of the two it is."""

    MIMIR = "mimir"
    CORTEX = "cortex"

    @property
    def rules(self) -> str:
        """The path of the rule groups."""
        return "/prometheus/config/v1/rules" if self is Flavour.MIMIR else "/api/v1/rules"

    @property
    def product(self) -> str:
        """Its name."""
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class Server:
    """A ``flavour`` at ``url``, with or without a path, and how it is asked.

    ``tenant`` may be empty where the server has only one, or takes it from the account. ``timeout`` is in seconds, once
    until an answer begins and once until it ends; the pauses before the retries are 0, 2, 4 and 8 times ``pause``
    seconds. ``ca_file`` holds the authorities to trust instead of the system's.
    """

    url: str
    flavour: Flavour = Flavour.MIMIR
    tenant: str = ""
    account: Account = NOBODY
    timeout: float = 30.0
    ca_file: Path | None = None
    pause: float = 0.5

    @property
    def shown(self) -> str:
        """The server and the tenant, as people know them."""
        return f"{self.url} (tenant {self.tenant})" if self.tenant else self.url


def base(url: str) -> str:
    """Return the address of the whole server out of that of its Prometheus or Alertmanager."""
    for prefix in _PREFIXES:
        url = url.removesuffix(prefix)
    return url


def checked_tenant(tenant: str) -> str:
    """Return ``tenant``; raises ForeseenError for what is no name of one."""
    if tenant and not _TENANT.fullmatch(tenant):
        raise ForeseenError(
            "--tenant: expected one tenant: at most 150 letters, digits and characters of !-_.*'(), not . or .. alone"
        )
    return tenant
