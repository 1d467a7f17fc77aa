"""How the Elasticsearch client reaches a node: with limits to an answer's size and time, quoting nothing of it."""

from __future__ import annotations

import logging
import time

import elastic_transport as transport
import urllib3
from elastic_transport._node import NodeApiResponse
from elastic_transport.client_utils import DEFAULT, DefaultType, resolve_default
from urllib3 import exceptions as http

from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.configuration import LONGEST

log = logging.getLogger(__name__)

#: Bytes of an answer; what is asked for takes a few thousand.
LARGEST_ANSWER = 1 << 20


class Node(transport.BaseNode):
    """How the client reaches a node, in place of its own way.

    That one trusts certifi's authorities beside those of ``ca_file``, reads an answer of any length and duration,
    quotes it in errors, and makes the server's warnings Python's, whose filters are the process's, not a thread's.
    """

    def __init__(self, config: transport.NodeConfig) -> None:
        super().__init__(config)
        self._warning = ""
        self._pool = (
            urllib3.HTTPSConnectionPool(config.host, config.port, ssl_context=config.ssl_context)
            if config.scheme == "https"
            else urllib3.HTTPConnectionPool(config.host, config.port)
        )

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: transport.HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> NodeApiResponse:
        """Return status, headers and content of the answer; raises TransportError, which names the node."""
        seconds = resolve_default(request_timeout, None) or LONGEST.total_seconds()
        started = time.monotonic()
        try:
            response = self._pool.urlopen(
                method,
                self._path_prefix + target,
                body=body,
                headers={**self.headers, **(headers or {})},
                retries=False,
                timeout=seconds,
                preload_content=False,
            )
            content = self._read(response, started + seconds)
        except http.NewConnectionError as error:
            raise transport.ConnectionError(f"{self.base_url}: {_reason(error)}") from None
        except http.TimeoutError:
            raise transport.ConnectionTimeout(f"{self.base_url}: no answer within {seconds:.1f} s") from None
        except http.HTTPError as error:
            raise transport.ConnectionError(f"{self.base_url}: {_reason(error)}") from None
        received = transport.HttpHeaders(response.headers)
        warning = received.pop("warning", self._warning)
        if warning != self._warning:
            log.warning("server warns collector=%s text=%.200s", ExporterCollector.ELASTICSEARCH, warning)
            self._warning = warning
        duration = time.monotonic() - started
        meta = transport.ApiResponseMeta(response.status, "1.1", received, duration, self.config)
        return NodeApiResponse(meta, content)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        content = bytearray()
        try:
            while chunk := response.read1(LARGEST_ANSWER):
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise transport.ConnectionError(f"{self.base_url}: the answer is too long")
                if time.monotonic() > deadline:
                    raise transport.ConnectionTimeout(f"{self.base_url}: the answer did not end in time")
        finally:
            response.close()
        return bytes(content)


def _reason(error: http.HTTPError) -> str:
    """Return why no answer was received, without quoting what was."""
    cause = error.__cause__
    match error:
        case http.SSLError():
            return str(error)
        case http.NewConnectionError() if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        case http.ProtocolError() if cause:
            return type(cause).__name__
    return type(error).__name__
