"""HTTP to one Grafana: the token, time-outs, retries, and each failure as one sentence.

A write, too, is repeated after 429 and 5xx, and where no connection came about. That is safe because a dashboard is
sent with the version that it replaces: what was written already is refused the second time, not written twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from payment_bundle.foreign_text import one_line
from payment_bundle.http_exchange import Exchange, NoAnswerError, Peer
from payment_bundle.patient_retry import RETRIES, patient
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from payment_bundle.http_exchange import Reply

_REFUSALS = {
    401: "does not accept the token {said}; it must be of a service account of this Grafana, and not expired",
    403: "forbids it {said}; the token's account needs the role Editor, or the permissions dashboards:read, "
    "dashboards:create, dashboards:write, folders:read and folders:create, and for --prune dashboards:delete",
    404: "does not find it {said}",
    429: f"has had too many requests {{said}}, after {RETRIES} retries too; try again later",
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
        authorization = f"Bearer {server.token}" if server.token else ""
        peer = Peer(server.url, authorization, server.timeout, server.ca_file)
        self._exchange = Exchange(peer, retries=patient(server.pause))

    def close(self) -> None:
        """End every connection."""
        self._exchange.close()

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Any:
        """Return the JSON that ``path`` answers with; raises RefusedError for a status of 4xx, else GrafanaError."""
        try:
            reply = self._exchange.send(method, path, parameters, json=body)
        except NoAnswerError as error:
            raise self._error(str(error)) from None
        return self._answer(reply)

    def _answer(self, reply: Reply) -> Any:
        if reply.redirects:
            raise self._error(
                f"redirects to {self._tidied(reply.location or 'nowhere')} ({reply.status}); is that Grafana's real "
                "address, or a login before it that the token does not pass?"
            )
        try:
            answer = json.loads(reply.content)
        except ValueError:
            raise self._error(
                f"answered {reply.status} with something that is not Grafana's JSON; is the address right (with its "
                "path, if it has one), and is there a login before it?"
            ) from None
        if reply.status < 300:
            return answer
        known = answer if isinstance(answer, dict) else {}
        reason = self._tidied(str(known.get("message") or "no reason given"))
        raise self._refusal(reply.status, str(known.get("status") or ""), reason)

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


def _in_words(status: int, reason: str, *, with_token: bool) -> str:
    said = f"({status}: {reason})"
    if status == 401 and not with_token:
        return f"asks for a token {said}; give the file with one as --token-file"
    if status >= 500:
        return f"is at fault {said}, after {RETRIES} retries too; its log says more"
    words = _REFUSALS.get(status, "refuses it {said}")
    return words.format(said=said)
