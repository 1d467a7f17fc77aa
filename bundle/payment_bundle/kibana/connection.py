"""HTTP to one space of a Kibana: the account, time-outs, and each failure as one sentence.

Source: "Import saved objects", "Export saved objects" and "Get Kibana's current status" of Kibana's API documentation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_bundle.account import NOBODY, Account
from payment_bundle.foreign_text import one_line
from payment_bundle.http_exchange import Exchange, NoAnswerError, Peer
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from payment_bundle.http_exchange import Reply

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
        peer = Peer(server.base, server.account.authorization, server.timeout, server.ca_file)
        self._exchange = Exchange(peer, {"kbn-xsrf": "payobs"})

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._exchange.close()

    def status(self) -> Any:
        """Return what Kibana says of itself; without the right to know more only that it is there."""
        return self._ask("GET", "/api/status")

    def import_objects(self, ndjson: str) -> Any:
        """Import the objects of an export, over those that are there; return what became of them."""
        upload = {"file": ("payobs.ndjson", ndjson.encode(), "application/ndjson")}
        return self._ask("POST", "/api/saved_objects/_import", {"overwrite": "true"}, files=upload)

    def export_objects(self, keys: Iterable[tuple[str, str]]) -> tuple[list[Any], frozenset[tuple[str, str]]]:
        """Return those of the objects, by type and id, that are there, and the types and ids of the others."""
        asked = tuple(keys)
        reply = self._export(asked)
        missing = _not_found(reply)
        if missing:
            left = tuple(key for key in asked if key not in missing)
            if not left:
                return [], missing
            reply = self._export(left)
        if reply.status != 200:
            self._answer(reply)
        return self._lines(reply), missing

    def _export(self, keys: tuple[tuple[str, str], ...]) -> Reply:
        body = {
            "objects": [{"type": kind, "id": identifier} for kind, identifier in keys],
            "includeReferencesDeep": False,
            "excludeExportDetails": True,
        }
        return self._send("POST", "/api/saved_objects/_export", json=body)

    def _lines(self, reply: Reply) -> list[Any]:
        try:
            return [json.loads(line) for line in reply.content.splitlines() if line.strip()]
        except ValueError:
            raise self._not_kibana(reply.status) from None

    def _ask(self, method: str, path: str, parameters: Mapping[str, str] | None = None, **content: Any) -> Any:
        return self._answer(self._send(method, path, parameters, **content))

    def _send(self, method: str, path: str, parameters: Mapping[str, str] | None = None, **content: Any) -> Reply:
        try:
            return self._exchange.send(method, path, parameters, **content)
        except NoAnswerError as error:
            raise self._error(str(error)) from None

    def _answer(self, reply: Reply) -> Any:
        if reply.redirects:
            raise self._error(
                f"redirects to {one_line(reply.location or 'another address')} ({reply.status}); is that Kibana's real "
                "address (with its server.basePath, if it has one), or a login before it that the account does not "
                "pass?"
            )
        try:
            answer = json.loads(reply.content)
        except ValueError:
            raise self._not_kibana(reply.status) from None
        if reply.status < 300 and isinstance(answer, dict):
            return answer
        reason = answer.get("message") if isinstance(answer, dict) else None
        raise self._error(self._refusal(reply.status, self._tidied(str(reason or "no reason given"))))

    def _not_kibana(self, status: int) -> KibanaError:
        return self._error(
            f"answered {status} with something that is not Kibana's JSON; is the address right, and is there a login "
            "before it?"
        )

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


def _not_found(reply: Reply) -> frozenset[tuple[str, str]]:
    """Return what an export, which is refused as a whole then, names as not there."""
    if reply.status != 400:
        return frozenset()
    try:
        objects = json.loads(reply.content)["attributes"]["objects"]
        return frozenset((each["type"], each["id"]) for each in objects if each["error"]["statusCode"] == 404)
    except (ValueError, KeyError, TypeError):
        return frozenset()
