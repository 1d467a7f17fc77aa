"""Reading what a server answers, which is not trusted: not for ever, and not without an end."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from requests.auth import AuthBase

if TYPE_CHECKING:
    import requests

#: Grafana's own dashboards are below 1 MB each; a search with 5,000 hits has about 2 MB.
_MOST_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024


class EndlessAnswerError(Exception):
    """An answer that is too long, or takes too long; its text follows the server's address."""


def read_answer(response: requests.Response, timeout: float) -> bytes:
    """Return the body of a streamed ``response``; raises EndlessAnswerError once ``timeout`` seconds have passed."""
    deadline = monotonic() + timeout
    content = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        content += chunk
        if len(content) > _MOST_BYTES:
            raise EndlessAnswerError(f"answers with more than {_MOST_BYTES >> 20} MiB; is the address right?")
        if monotonic() > deadline:
            raise EndlessAnswerError(f"does not come to the end of its answer within {timeout:g} s")
    return bytes(content)


class Authorization(AuthBase):
    """Sets the header itself, so that requests does not put the credentials of ``~/.netrc`` there."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header, where there is a value for it."""
        if self._value:
            request.headers["Authorization"] = self._value
        return request
