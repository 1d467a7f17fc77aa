"""HTTP to one Grafana: the token, time-outs, retries, and each failure as one sentence.

A write, too, is repeated after 429 and 5xx, and where no connection came about. That is safe because a dashboard is
sent with the version that it replaces: what was written already is refused the second time, not written twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util.retry import Retry

from payment_bundle.foreign_text import one_line
from payment_bundle.http_answer import Authorization, EndlessAnswerError, read_answer
from payment_bundle.unreachable import unreachable
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from urllib3 import BaseHTTPResponse

_RETRIES = 4
#: Beyond it, somebody who waits at a terminal is better told to come back later.
_LONGEST_RETRY_AFTER = 30.0
_REPEATED = frozenset({429, 500, 502, 503, 504})
_REFUSALS = {
    401: "does not accept the token {said}; it must be of a service account of this Grafana, and not expired",
    403: "forbids it {said}; the token's account needs the role Editor, or the permissions dashboards:read, "
    "dashboards:create, dashboards:write, folders:read and folders:create, and for --prune dashboards:delete",
    404: "does not find it {said}",
    429: f"has had too many requests {{said}}, after {_RETRIES} retries too; try again later",
}


class GrafanaError(ForeseenError):
    """Grafana cannot be asked: it would answer every other question the same way."""


class RefusedError(GrafanaError):
    """Grafana understood the request and refuses it; ``status`` and ``kind`` are its own words."""

    def __init__(self, text: str, status: int, kind: str) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Server:
    """A Grafana at ``url``, with or without a path, and how it is asked.

    ``token`` is sent as bearer and appears in no error. ``timeout`` is in seconds, once until an answer begins and once
    until it ends; the pauses before the retries are 0, 2, 4 and 8 times ``pause`` seconds. ``ca_file`` holds the
    authorities to trust instead of the system's.
    """

    url: str
    token: str = field(default="", repr=False)
    timeout: float = 30.0
    ca_file: Path | None = None
    pause: float = 0.5


class Connection:
    """Asks the server; to be closed after use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session = requests.Session()
        self._session.auth = Authorization(f"Bearer {server.token}" if server.token else "")
        self._session.headers.update({"Accept": "application/json", "User-Agent": "payobs"})
        adapter = HTTPAdapter(max_retries=_retries(server.pause))
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """End every connection."""
        self._session.close()

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Any:
        """Return the JSON that ``path`` answers with; raises RefusedError for a status of 4xx, else GrafanaError."""
        try:
            with self._session.request(
                method,
                f"{self._server.url}{path}",
                params=parameters,
                json=body,
                timeout=self._server.timeout,
                verify=str(self._server.ca_file) if self._server.ca_file else True,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = read_answer(response, self._server.timeout)
        except EndlessAnswerError as error:
            raise self._error(str(error)) from None
        except (requests.RequestException, HTTPError) as error:
            raise self._error(unreachable(error, self._server.timeout)) from None
        return self._answer(response, content)

    def _answer(self, response: requests.Response, content: bytes) -> Any:
        status = response.status_code
        if 300 <= status < 400:
            target = urlsplit(response.headers.get("Location", ""))
            place = f"{target.scheme}://{target.netloc}{target.path}" if target.netloc else target.path or "nowhere"
            raise self._error(
                f"redirects to {self._tidied(place)} ({status}); is that Grafana's real address, or a login before it "
                "that the token does not pass?"
            )
        try:
            answer = json.loads(content)
        except ValueError:
            raise self._error(
                f"answered {status} with something that is not Grafana's JSON; is the address right (with its path, if "
                "it has one), and is there a login before it?"
            ) from None
        if status < 300:
            return answer
        known = answer if isinstance(answer, dict) else {}
        reason = self._tidied(str(known.get("message") or "no reason given"))
        raise self._refusal(status, str(known.get("status") or ""), reason)

    def _refusal(self, status: int, kind: str, reason: str) -> GrafanaError:
        text = f"{self._server.url} {_in_words(status, reason, with_token=bool(self._server.token))}"
        if status in {401, 429, 502, 503, 504}:
            return GrafanaError(text)
        return RefusedError(text, status, kind)

    def _error(self, text: str) -> GrafanaError:
        return GrafanaError(f"{self._server.url} {text}")

    def _tidied(self, text: str) -> str:
        """Return foreign ``text`` on one line, without the token."""
        return one_line(text.replace(self._server.token, "***") if self._server.token else text)


class _PatientRetry(Retry):
    """Waits as long as Retry-After says, within reason; does not mind one that says nothing."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        try:
            asked = super().get_retry_after(response)
        except InvalidHeader:
            return None
        return None if asked is None else min(asked, _LONGEST_RETRY_AFTER)


def _retries(pause: float) -> Retry:
    return _PatientRetry(
        total=_RETRIES,
        # An answer that does not come, or breaks off, may have been acted upon, and hanging is not mended by waiting.
        read=False,
        other=0,
        allowed_methods=None,
        status_forcelist=_REPEATED,
        backoff_factor=pause,
        raise_on_status=False,
    )


def _in_words(status: int, reason: str, *, with_token: bool) -> str:
    said = f"({status}: {reason})"
    if status == 401 and not with_token:
        return f"asks for a token {said}; give the file with one as --token-file"
    if status >= 500:
        return f"is at fault {said}, after {_RETRIES} retries too; its log says more"
    words = _REFUSALS.get(status, "refuses it {said}")
    return words.format(said=said)
