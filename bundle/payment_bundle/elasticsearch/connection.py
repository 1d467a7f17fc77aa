"""HTTP to one Elasticsearch by its official client: each failure as one sentence, without what is secret.

Every request may be repeated, so one that finds a node away is sent to the next; nothing else is asked twice.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import elastic_transport as transport
from elastic_transport.client_utils import url_to_node_config
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from payment_bundle.account import NOBODY, Account
from payment_bundle.foreign_text import one_line
from payment_catalog.errors import ForeseenError
from payment_exporter.collectors.elasticsearch_node import Node

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PRODUCT = "X-Elastic-Product"
#: What a server says of a path, or of a method of a path, that it does not know.
_UNKNOWN = re.compile(
    r"no handler found for uri|Incorrect HTTP method for uri|not available when running in serverless"
)
#: What the client calls the end of a connection in the middle of an exchange.
_BROKEN_OFF = frozenset({"ProtocolError", "RemoteDisconnected", "ConnectionResetError", "BrokenPipeError"})
_HEADERS = {"accept": "application/json", "content-type": "application/json"}


class ElasticsearchError(ForeseenError):
    """Elasticsearch cannot be asked: it would answer every other request the same way."""


class RefusedError(ElasticsearchError):
    """Elasticsearch understood the request and refuses it."""


class UnsupportedError(ElasticsearchError):
    """This Elasticsearch does not know what it is asked for at all."""


@dataclass(frozen=True, slots=True)
class Server:
    """A cluster, by the addresses of its nodes; ``timeout`` is in seconds, for each request.

    ``ca_file`` holds the authorities to trust instead of the system's.
    """

    urls: tuple[str, ...]
    account: Account = NOBODY
    timeout: float = 30.0
    ca_file: Path | None = None

    @property
    def shown(self) -> str:
        """The cluster as people know it: its first node."""
        return self.urls[0]


class Connection:
    """Asks the cluster; every call raises ElasticsearchError. To be closed after use."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._client = _client(server)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str) -> dict[str, Any] | None:
        """Return what is at ``path``, ``None`` where there is nothing."""
        return self._ask("GET", path)

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Create or replace what is at ``path``."""
        self._change("PUT", path, body)

    def post(self, path: str) -> None:
        """Have done what ``path`` stands for."""
        self._change("POST", path, None)

    def _change(self, method: str, path: str, body: Mapping[str, Any] | None) -> None:
        answer = self._ask(method, path, body)
        if answer is None:
            raise RefusedError(f"{self.server.shown} does not find {path}")
        if not (answer.get("acknowledged") or "role" in answer):
            raise ElasticsearchError(
                f"{self.server.shown} has taken it up, but not all of its nodes have in time; run it again"
            )

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        try:
            answer = self._client.perform_request(method, path, headers=_HEADERS, body=body).body
        except UnsupportedProductError as error:
            self._not_elasticsearch(error.meta.status)
        except ApiError as error:
            if error.meta.status == 404 and method == "GET" and _PRODUCT in error.meta.headers:
                return None
            self._refused(error)
        except transport.SerializationError:
            self._fail("answers with something that is not Elasticsearch's JSON; is the address right?")
        except transport.ConnectionTimeout:
            self._fail(f"does not answer within {self.server.timeout:g} s")
        except transport.TlsError as error:
            self._untrusted(str(error.message))
        except transport.TransportError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error.message):
                self._untrusted(str(error.message))
            self._unreached(str(error.message))
        if not isinstance(answer, dict):
            self._fail("answers with JSON that is not Elasticsearch's; is the address right?")
        return answer

    def _refused(self, error: ApiError) -> NoReturn:
        status, reason = error.meta.status, self._tidied(_reason(error.body))
        if status in {400, 405, 410} and _UNKNOWN.search(reason):
            raise UnsupportedError(f"this Elasticsearch does not have it ({status})") from None
        if status == 401:
            asked = "does not accept the account" if self.server.account.authorization else "asks for an account"
            self._fail(f"{asked} ({status}: {reason}); give --api-key-file, or --username and --password-file")
        if status in {429, 502, 503, 504}:
            self._fail(f"cannot do it now ({status}: {reason}); try again later")
        if status == 403:
            raise RefusedError(
                f"{self.server.shown} forbids it ({status}: {reason}); the account needs the cluster privileges "
                "manage_index_templates, manage_ilm and, unless --no-roles is given, manage_security, and the index "
                "privilege manage on the data stream"
            ) from None
        if _PRODUCT not in error.meta.headers:
            self._not_elasticsearch(status)
        if status >= 500:
            self._fail(f"is at fault ({status}: {reason}); its log says more")
        raise RefusedError(f"{self.server.shown} refuses it ({status}: {reason})") from None

    def _not_elasticsearch(self, status: int) -> NoReturn:
        self._fail(
            f"answers {status} and does not name itself Elasticsearch; is the address right, and is there a login "
            "before it?"
        )

    def _unreached(self, message: str) -> NoReturn:
        node, _, reason = message.rpartition(": ")
        if reason in _BROKEN_OFF:
            raise ElasticsearchError(f"{node} broke the connection off without an answer") from None
        raise ElasticsearchError(f"Elasticsearch cannot be reached: {self._tidied(message)}") from None

    def _untrusted(self, reason: str) -> NoReturn:
        self._fail(
            f"cannot be trusted: {self._tidied(reason)}; if its certificate is of an authority of your own, give "
            "--ca-file"
        )

    def _fail(self, text: str) -> NoReturn:
        raise ElasticsearchError(f"{self.server.shown} {text}") from None

    def _tidied(self, text: str) -> str:
        return one_line(self.server.account.hide(text))


def _reason(body: object) -> str:
    """Return the reason that Elasticsearch gives: of a chain of causes the innermost says most."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return "no reason given"
    reason = str(error.get("reason") or error.get("type") or "no reason given")
    cause = error.get("caused_by")
    while isinstance(cause, dict):
        inner = cause.get("reason")
        if inner and str(inner) not in reason:
            reason += f": {inner}"
        cause = cause.get("caused_by")
    return reason


def _client(server: Server) -> Elasticsearch:
    try:
        trust = ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise ElasticsearchError(f"--ca-file: {server.ca_file} holds no certificate: {error}") from None
    nodes = [url_to_node_config(url, use_default_ports_for_scheme=True) for url in server.urls]
    nodes = [node.replace(ssl_context=trust) if node.scheme == "https" else node for node in nodes]
    account = server.account.authorization
    return Elasticsearch(
        nodes,
        node_class=Node,
        headers={"authorization": account} if account else {},
        request_timeout=server.timeout,
        max_retries=len(nodes) - 1,
        retry_on_status=(),
        retry_on_timeout=False,
    )
