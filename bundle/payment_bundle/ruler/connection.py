"""HTTP to one tenant of a Mimir or a Cortex: the account, time-outs, retries, and each failure as one sentence.

A write, too, is repeated after 429 and 5xx, and where no connection came about: it replaces a whole group or a whole
configuration, so that a second one does no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from payment_bundle.foreign_text import one_line
from payment_bundle.http_exchange import Exchange, NoAnswerError, Peer
from payment_bundle.patient_retry import RETRIES, patient
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from payment_bundle.http_exchange import Reply
    from payment_bundle.ruler.server import Server

_YAML = {"Content-Type": "application/yaml"}
#: Statuses after which the next request would be answered the same way.
_HOPELESS = frozenset({401, 404, 429})


class RulerError(ForeseenError):
    """The server cannot be asked: it would answer every other request the same way."""


class RefusedError(RulerError):
    """The server understood the request and refuses it."""


class Connection:
    """Asks the tenant; every call raises RulerError. To be closed after use."""

    def __init__(self, server: Server) -> None:
        self.server = server
        tenant = {"X-Scope-OrgID": server.tenant} if server.tenant else {}
        peer = Peer(server.url, server.account.authorization, server.timeout, server.ca_file)
        self._exchange = Exchange(peer, {"Accept": "*/*", **tenant}, patient(server.pause))

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._exchange.close()

    def get(self, path: str, nothing: str) -> str | None:
        """Return what is at ``path``, None where a 404 has the words ``nothing``: nothing is there yet."""
        reply = self._send("GET", path)
        if reply.status == 404 and nothing in reply.text:
            return None
        self._require(reply, {200})
        return reply.text

    def post(self, path: str, content: str) -> Reply:
        """Create or replace what is at ``path``."""
        reply = self._send("POST", path, content)
        self._require(reply, {200, 201, 202})
        return reply

    def delete(self, path: str, nothing: str) -> None:
        """Delete what is at ``path``; what is gone already is as good."""
        reply = self._send("DELETE", path)
        if not (reply.status == 404 and nothing in reply.text):
            self._require(reply, {200, 202, 204})

    def fail(self, text: str) -> NoReturn:
        """Raise RulerError: ``text`` follows the server's address."""
        raise RulerError(f"{self.server.shown} {text}") from None

    def garbage(self, status: int, what: str) -> NoReturn:
        """Raise RulerError for an answer that is not ``what`` was asked for."""
        self.fail(
            f"answered {status} with something that is not {what}; is the address right, and is there a login before "
            "it?"
        )

    def _send(self, method: str, path: str, content: str | None = None) -> Reply:
        try:
            if content is None:
                return self._exchange.send(method, path)
            return self._exchange.send(method, path, data=content.encode(), headers=_YAML)
        except NoAnswerError as error:
            self.fail(str(error))

    def _require(self, reply: Reply, expected: set[int]) -> None:
        if reply.status in expected:
            return
        if reply.redirects:
            self.fail(
                f"redirects to {one_line(reply.location or 'nowhere')} ({reply.status}); is that its real address, or "
                "a login before it that the account does not pass?"
            )
        reason = one_line(self.server.account.hide(reply.text)) or "no reason given"
        text = f"{self.server.shown} {self._in_words(reply.status, reason)}"
        if 400 <= reply.status < 500 and reply.status not in _HOPELESS:
            raise RefusedError(text)
        raise RulerError(text)

    def _in_words(self, status: int, reason: str) -> str:
        said = f"({status}: {reason})"
        if status == 401 and "org id" in reason:
            return f"asks for a tenant {said}; give its name as --tenant"
        if status == 401:
            asked = "does not accept the account" if self.server.account.authorization else "asks for an account"
            return f"{asked} {said}; give --token-file, or --username and --password-file"
        if status >= 500:
            return f"is at fault {said}, after {RETRIES} retries too; its log says more"
        words = {
            403: "forbids it {said}; the account must be allowed to write rules and the Alertmanager's configuration",
            404: "does not find it {said}; is the address right (without /prometheus), is --flavour, and is its API "
            "switched on (ruler.enable_api, alertmanager.enable_api)?",
            413: "finds it too large {said}",
            429: "has had too many requests {said}, after " + str(RETRIES) + " retries too; try again later",
        }.get(status, "refuses it {said}")
        return words.format(said=said)
