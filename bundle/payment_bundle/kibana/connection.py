"""HTTP to one space of a Kibana: the account, time-outs, and each failure as one sentence.

Source: "Import saved objects" and "Get Kibana's current status" of Kibana's API documentation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from payment_bundle.elastic_account import NOBODY, Account
from payment_bundle.foreign_text import one_line
from payment_bundle.http_answer import Authorization, EndlessAnswerError, read_answer
from payment_bundle.unreachable import unreachable
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_REFUSALS = {
    403: "forbids it {said}; the account needs the privilege 'all' for Saved Objects Management, Discover and "
    "Dashboard in this space",
    404: "does not find it {said}; is the address right, and is there such a space?",
    413: "finds it too large {said}; raise savedObjects.maxImportPayloadBytes, or what the proxy before it allows",
    429: "has had too many requests {said}; try again later",
}


class KibanaError(ForeseenError):
    """Kibana cannot be asked, or refuses what it is asked for."""


@dataclass(frozen=True, slots=True)
class Server:
    """A Kibana at ``url``, with or without a path; ``space`` is the identifier of one, empty for the default one.

    ``timeout`` is in seconds, once until an answer begins and once until it ends. ``ca_file`` holds the authorities to
    trust instead of the system's.
    """

    url: str
    space: str = ""
    account: Account = NOBODY
    timeout: float = 30.0
    ca_file: Path | None = None

    @property
    def base(self) -> str:
        """Where the space's API is."""
        return f"{self.url}/s/{self.space}" if self.space else self.url


class Connection:
    """Asks the space; every call raises KibanaError. To be closed after use."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._session = requests.Session()
        self._session.auth = Authorization(server.account.authorization)
        self._session.headers.update({"Accept": "application/json", "User-Agent": "payobs", "kbn-xsrf": "payobs"})

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def status(self) -> Any:
        """Return what Kibana says of itself; without the right to know more only that it is there."""
        return self._ask("GET", "/api/status")

    def import_objects(self, ndjson: str) -> Any:
        """Import the objects of an export, over those that are there; return what became of them."""
        upload = {"file": ("payobs.ndjson", ndjson.encode(), "application/ndjson")}
        return self._ask("POST", "/api/saved_objects/_import", {"overwrite": "true"}, upload)

    def _ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        upload: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            with self._session.request(
                method,
                f"{self.server.base}{path}",
                params=parameters,
                files=upload,
                timeout=self.server.timeout,
                verify=str(self.server.ca_file) if self.server.ca_file else True,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = read_answer(response, self.server.timeout)
        except EndlessAnswerError as error:
            raise self._error(str(error)) from None
        except (requests.RequestException, HTTPError) as error:
            raise self._error(unreachable(error, self.server.timeout)) from None
        return self._answer(response, content)

    def _answer(self, response: requests.Response, content: bytes) -> Any:
        status = response.status_code
        if 300 <= status < 400:
            place = urlsplit(response.headers.get("Location", "")).path or "another address"
            raise self._error(
                f"redirects to {one_line(place)} ({status}); is that Kibana's real address (with its server.basePath, "
                "if it has one), or a login before it that the account does not pass?"
            )
        try:
            answer = json.loads(content)
        except ValueError:
            raise self._error(
                f"answered {status} with something that is not Kibana's JSON; is the address right, and is there a "
                "login before it?"
            ) from None
        if status < 300 and isinstance(answer, dict):
            return answer
        reason = answer.get("message") if isinstance(answer, dict) else None
        raise self._error(self._refusal(status, self._tidied(str(reason or "no reason given"))))

    def _refusal(self, status: int, reason: str) -> str:
        said = f"({status}: {reason})"
        if status == 401:
            asked = "does not accept the account" if self.server.account.authorization else "asks for an account"
            return f"{asked} {said}; give --api-key-file, or --username and --password-file"
        if status >= 500:
            return f"is at fault, or not ready yet {said}; its log says more"
        return _REFUSALS.get(status, "refuses it {said}").format(said=said)

    def _error(self, text: str) -> KibanaError:
        return KibanaError(f"{self.server.base} {text}")

    def _tidied(self, text: str) -> str:
        return one_line(self.server.account.hide(text))
