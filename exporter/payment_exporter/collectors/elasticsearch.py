"""The service's log lines in Elasticsearch, counted by the runbook's patterns, and the health of the cluster."""

from __future__ import annotations

import math
import re
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import elastic_transport as transport
from elastic_transport.client_utils import (
    basic_auth_to_header,
    url_to_node_config,
)
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError
from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from payment_catalog.errors import ForeseenError
from payment_catalog.exporter_metrics import elasticsearch as metrics
from payment_catalog.exposition import family, single
from payment_catalog.vocabulary import ClusterStatus, ExporterCollector, LogPattern
from payment_exporter.collectors.elasticsearch_node import Node
from payment_exporter.collectors.log_searches import counting, newest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric as MetricFamily

    from payment_exporter import configuration

    AnswerT = TypeVar("AnswerT", bound=BaseModel)

#: The part of the time-out that the requests may use, so that a scrape still hears which of them has failed.
_SHARE = 0.9
_PASSWORD = re.compile(r"[^\x00-\x1f\x7f\ufffd]+")
_API_KEY = re.compile(r"[A-Za-z0-9+/=_-]+")
_KIND_OF_ERROR = re.compile(r"[a-z_]{1,80}")


class ElasticsearchError(ForeseenError):
    """Elasticsearch was not reached, refused, or sent no answer to publish. Quotes no answer and no secret."""


class ElasticsearchCollector:
    """Asks the cluster for its health and for the lines of the last minutes.

    It needs the privileges ``monitor`` on the cluster and ``read`` on the index. ``timeout`` is in seconds, for
    all requests of a collection together. Password and API key are read at each collection, so that a rotated one
    needs no restart. Where a node cannot be reached the next one is asked; otherwise nothing is asked twice.
    """

    name = ExporterCollector.ELASTICSEARCH

    def __init__(self, configuration: configuration.Elasticsearch, timeout: float) -> None:
        self._configuration = configuration
        self._timeout = timeout
        self._client: Elasticsearch | None = None

    def collect(self, within: float = math.inf) -> Iterator[MetricFamily]:
        """Yield the cluster's health, then what the logs hold; an index that does not exist holds no line.

        Raises ElasticsearchError, also for an answer that covers only some of the shards; ForeseenError for a file
        that holds no secret or no certificate, OSError for one that cannot be read.
        """
        deadline = time.monotonic() + min(self._timeout, within) * _SHARE
        self._client = self._client or _connect(self._configuration)
        client = _authenticated(self._client, self._configuration)
        yield from _cluster(_asked(_Health, client.options(request_timeout=_left(deadline)).cluster.health))
        yield from _logs(_asked(_MultiSearch, lambda: self._search(client, _left(deadline))))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _search(self, client: Elasticsearch, seconds: float) -> transport.ApiResponse[Any]:
        header = {"allow_partial_search_results": False}
        limit = {"timeout": f"{max(1, int(seconds * 1000))}ms"}
        return client.options(request_timeout=seconds).msearch(
            index=self._configuration.index,
            ignore_unavailable=True,
            allow_no_indices=True,
            searches=[header, counting() | limit, header, newest() | limit],
        )


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


_Count = Annotated[int, Field(ge=0)]


class _Health(_Answer):
    status: Annotated[ClusterStatus, Field(strict=False)]
    number_of_nodes: _Count
    active_shards: _Count
    unassigned_shards: _Count
    number_of_pending_tasks: _Count


class _Bucket(_Answer):
    doc_count: _Count


class _Hit(_Answer):
    sort: Annotated[list[int], Field(min_length=1, max_length=1)]  # milliseconds since 1970


class _Search(_Answer):
    error: None = None
    timed_out: bool
    shards: _Count = Field(validation_alias=AliasPath("_shards", "total"))
    successful: _Count = Field(validation_alias=AliasPath("_shards", "successful"))
    failed: _Count = Field(validation_alias=AliasPath("_shards", "failed"))
    hits: list[_Hit] = Field(validation_alias=AliasPath("hits", "hits"), max_length=1)
    # None where there was no shard to search.
    buckets: list[_Bucket] | None = Field(None, validation_alias=AliasPath("aggregations", "lines", "buckets"))


class _Refusal(_Answer):
    status: int
    kind: str = Field(validation_alias=AliasPath("error", "type"))


class _MultiSearch(_Answer):
    responses: list[_Search | _Refusal] = Field(min_length=2, max_length=2)


def _cluster(health: _Health) -> Iterator[MetricFamily]:
    yield family(metrics.CLUSTER_STATUS, {(colour,): health.status is colour for colour in ClusterStatus})
    yield single(metrics.NODES, health.number_of_nodes)
    yield single(metrics.ACTIVE_SHARDS, health.active_shards)
    yield single(metrics.UNASSIGNED_SHARDS, health.unassigned_shards)
    yield single(metrics.PENDING_TASKS, health.number_of_pending_tasks)


def _logs(answer: _MultiSearch) -> Iterator[MetricFamily]:
    counted, latest = map(_complete, answer.responses)
    nothing_to_search = counted.buckets is None and counted.shards == 0
    counts = [0] * len(LogPattern) if nothing_to_search else [bucket.doc_count for bucket in counted.buckets or ()]
    if len(counts) != len(LogPattern):
        raise ElasticsearchError("the search was answered without its counts")
    yield family(metrics.LOG_LINES, {(pattern,): count for pattern, count in zip(LogPattern, counts, strict=True)})
    for hit in latest.hits:
        yield single(metrics.NEWEST_LOG, hit.sort[0] / 1000)


def _complete(search: _Search | _Refusal) -> _Search:
    """Return a search that has reached every shard in time."""
    if isinstance(search, _Refusal):
        raise ElasticsearchError(f"the search was refused: HTTP {search.status}{_kind(search.kind)}")
    if search.timed_out:
        raise ElasticsearchError("the search did not end in time")
    if search.failed or search.successful != search.shards:
        raise ElasticsearchError(f"the search reached only {search.successful} of {search.shards} shards")
    return search


def _asked(kind: type[AnswerT], request: Callable[[], transport.ApiResponse[Any]]) -> AnswerT:
    """Return what is answered to a request, checked; the client's own errors would quote it."""
    try:
        return kind.model_validate(request().body)
    except UnsupportedProductError as error:
        reason = f"{_address(error.meta.node)}: does not name itself Elasticsearch"
    except ApiError as error:
        reason = f"{_address(error.meta.node)}: HTTP {error.meta.status}{_kind(error.message)}"
    except transport.SerializationError:
        reason = "the answer cannot be decoded"
    except transport.TransportError as error:
        reason = str(error.message)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        reason = f"the answer is not as documented: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise ElasticsearchError(reason)


def _address(node: transport.NodeConfig) -> str:
    return f"{node.scheme}://{node.host}:{node.port}"


def _kind(text: object) -> str:
    """Return the kind of error that Elasticsearch names; what does not look like one is not repeated."""
    return f" ({text})" if isinstance(text, str) and _KIND_OF_ERROR.fullmatch(text) else ""


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())


def _connect(settings: configuration.Elasticsearch) -> Elasticsearch:
    """Return a client; nothing is sent yet."""
    try:
        trust = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise ForeseenError(f"{settings.ca_file}: {error.strerror}") from None
    distinct = dict.fromkeys(url_to_node_config(url, use_default_ports_for_scheme=True) for url in settings.urls)
    nodes = [node.replace(ssl_context=trust) if node.scheme == "https" else node for node in distinct]
    return Elasticsearch(nodes, node_class=Node, max_retries=len(nodes) - 1, retry_on_status=(), retry_on_timeout=False)


def _authenticated(client: Elasticsearch, settings: configuration.Elasticsearch) -> Elasticsearch:
    if settings.api_key_file:
        return client.options(api_key=_secret(settings.api_key_file, _API_KEY, "an encoded API key"))
    if settings.password_file:
        account = settings.username, _secret(settings.password_file, _PASSWORD, "a password")
        return client.options(headers={"authorization": basic_auth_to_header(account)})  # basic_auth takes only ASCII
    return client


def _secret(file: str, form: re.Pattern[str], what: str) -> str:
    content = Path(file).read_bytes().decode(errors="replace").strip()
    if not form.fullmatch(content):
        raise ForeseenError(f"{file}: expected {what} on one line")
    return content
