"""Requests to one server and their whole answers: credentials, trust and time-outs; no redirection is followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from payment_bundle.http_answer import Authorization, EndlessAnswerError, read_answer
from payment_bundle.unreachable import unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from urllib3.util.retry import Retry


class NoAnswerError(Exception):
    """A server gave no whole answer; the text says why and follows the server's address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content, whatever it is."""
        return self.content.decode(errors="replace")

    @property
    def redirects(self) -> bool:
        """Whether the server only names another address."""
        return 300 <= self.status < 400

    @property
    def location(self) -> str:
        """Where it redirects to, without what a query may hold."""
        target = urlsplit(self.headers.get("Location", ""))
        return f"{target.scheme}://{target.netloc}{target.path}" if target.netloc else target.path


@dataclass(frozen=True, slots=True)
class Peer:
    """A server and how it is asked: ``authorization`` is the header's value, empty without an account.

    ``timeout`` is in seconds, once until an answer begins and once until it ends. ``ca_file`` holds the authorities to
    trust instead of the system's.
    """

    url: str
    authorization: str = field(repr=False)
    timeout: float
    ca_file: Path | None


class Exchange:
    """Sends requests to one server; to be closed after use. Without ``retries`` nothing is sent twice."""

    def __init__(self, peer: Peer, headers: Mapping[str, str] | None = None, retries: Retry | None = None) -> None:
        self._peer = peer
        self._session = requests.Session()
        self._session.auth = Authorization(peer.authorization)
        self._session.headers.update({"Accept": "application/json", "User-Agent": "payobs", **(headers or {})})
        if retries is not None:
            adapter = HTTPAdapter(max_retries=retries)
            self._session.mount("http://", adapter)
            self._session.mount("https://", adapter)

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection."""
        self._session.close()

    def send(self, method: str, path: str, parameters: Mapping[str, str] | None = None, **content: Any) -> Reply:
        """Return the answer of ``path``; raises NoAnswerError.

        ``content`` is what requests takes: ``json``, ``data``, ``files``, ``headers``.
        """
        try:
            with self._session.request(
                method,
                f"{self._peer.url}{path}",
                params=parameters,
                timeout=self._peer.timeout,
                verify=str(self._peer.ca_file) if self._peer.ca_file else True,
                allow_redirects=False,
                stream=True,
                **content,
            ) as response:
                return Reply(response.status_code, response.headers, read_answer(response, self._peer.timeout))
        except EndlessAnswerError as error:
            raise NoAnswerError(str(error)) from None
        except (requests.RequestException, HTTPError) as error:
            raise NoAnswerError(unreachable(error, self._peer.timeout)) from None
