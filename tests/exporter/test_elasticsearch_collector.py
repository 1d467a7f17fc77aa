"""Log lines are counted as the runbook's grep finds them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from elasticsearch_server import elasticsearch_node
from exporter.elasticsearch_reading import logs, published
from waiting import wait_until

from payment_catalog.exporter_metrics import elasticsearch as metrics
from payment_catalog.vocabulary import LogPattern, values
from payment_exporter.collection import Runner, scrape
from payment_exporter.collectors.elasticsearch import ElasticsearchError
from payment_service.logs.lines import LineRenderer
from payment_service.logs.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from elasticsearch_server import Node
    from exporter.elasticsearch_reading import Collectors

    from payment_exporter.collectors.elasticsearch import ElasticsearchCollector

NOW = timedelta()
#: What the runbook types after ``grep``.
RUNBOOK = {
    LogPattern.ERROR: "ERROR",
    LogPattern.PAYMENT_FAILED: "payment.*failed",
    LogPattern.RATE_LIMIT: "rate limit",
    LogPattern.AUTH_FAILED: "auth.*failed",
}
NO_LINES = dict.fromkeys(values(LogPattern), 0.0)
DYNAMIC: Mapping[str, Any] = {}
KEYWORDS = {"properties": {"@timestamp": {"type": "date"}, "level": {"type": "keyword"}, "event": {"type": "keyword"}}}
NANOSECONDS = {
    "properties": {
        "@timestamp": {"type": "date_nanos"},
        "level": {"type": "keyword"},
        "event": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
    }
}
WORDS = {"properties": {"@timestamp": {"type": "date"}, "event": {"type": "text"}}}

_numbers = count(1)
_render = LineRenderer(Redactor((), lambda: None))


def line(event: str, level: str = "info", **fields: Any) -> str:
    """A line as the service writes it."""
    return _render(None, level, {"event": event, **fields})


LINES = (
    line("request", method="POST", path="/v1/payments", status=201, duration_ms=12.5),
    line("request", "error", method="POST", path="/v1/payments", status=500, duration_ms=3.0),
    line("payment succeeded", payment_id="p1", method="card"),
    line("payment failed", "warning", payment_id="p2", method="card", reason="declined"),
    line("payment failed", "error", payment_id="p3", method="fpx", reason="gateway_timeout"),
    line("refund failed", "warning", refund_id="r1"),
    line("auth failed", "warning", security_event="failed_auth", client="192.0.2.1"),
    line("auth failed", "warning", security_event="failed_auth", client="192.0.2.2"),
    line("authentication of a merchant has failed", "warning"),
    line("rate limit exceeded", "warning", security_event="rate_limited", merchant="m1"),
    line("rate limit is not counted", "error", outcome="unchecked_allowed"),
    line("limit of the rate", "warning"),
    line("failed again: no payment", "warning"),
    line("Payment Failed", "critical"),
    line("rate_limit", "debug"),
)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with elasticsearch_node() as node:
        yield node


@dataclass
class Index:
    """An index of the real node, and a collector for it."""

    node: Node
    name: str
    collector: ElasticsearchCollector

    def write(self, *lines: str, age: timedelta = NOW) -> float:
        """Index lines as Fluentd does, which adds what the container runtime said. Returns their Unix time."""
        time = datetime.now(UTC) - age
        added = {"stream": "stdout", "logtag": "F", "@timestamp": time.isoformat()}
        documents = [{**json.loads(text), **added} for text in lines]
        operations = [entry for document in documents for entry in ({"create": {"_index": self.name}}, document)]
        answer = self.node.client.bulk(operations=operations, refresh=True)
        assert not answer["errors"], answer
        return time.timestamp()

    def counts(self) -> dict[str, float]:
        return logs(self.collector)


@pytest.fixture
def new_index(node: Node, collectors: Collectors) -> Iterator[Callable[..., Index]]:
    """Create indices of one's own, without replicas unless told; they are deleted at the end."""
    names: list[str] = []

    def create(mappings: Mapping[str, Any] = DYNAMIC, active: str = "1", **settings: Any) -> Index:
        name = f"logs-payment-service-test{next(_numbers)}"
        names.append(name)
        node.client.indices.create(
            index=name,
            mappings=mappings,
            settings={"number_of_replicas": 0, **settings},
            wait_for_active_shards=active,
        )
        return Index(node, name, collectors(node.url, index=name))

    yield create
    for name in names:
        node.client.indices.delete(index=name)


def newest(collector: ElasticsearchCollector) -> float:
    return published(collector)[metrics.NEWEST_LOG.name][""]


def grep(pattern: str, lines: Iterable[str]) -> float:
    found = subprocess.run(
        ["grep", "-c", pattern], input="\n".join(lines), capture_output=True, text=True, timeout=10, check=False
    )
    return float(found.stdout)


@pytest.mark.parametrize("mappings", [DYNAMIC, KEYWORDS, NANOSECONDS], ids=["dynamic", "keywords", "nanoseconds"])
def test_lines_are_counted_as_the_runbooks_grep_finds_them(
    new_index: Callable[..., Index], mappings: Mapping[str, Any]
) -> None:
    index = new_index(mappings)
    index.write(*LINES)
    counts = index.counts()
    assert counts == {pattern: grep(expression, LINES) for pattern, expression in RUNBOOK.items()}
    assert min(counts.values()) > 0


def test_the_lines_of_a_data_stream_are_counted(node: Node, collectors: Collectors) -> None:
    stream = f"logs-payment-service-stream{next(_numbers)}"
    node.client.indices.put_index_template(
        name=stream, index_patterns=[stream], data_stream={}, template={"settings": {"number_of_replicas": 0}}
    )
    index = Index(node, stream, collectors(node.url, index=stream))
    index.write(*LINES)
    assert index.counts() == {pattern: grep(expression, LINES) for pattern, expression in RUNBOOK.items()}


def test_in_analysed_text_each_part_of_a_pattern_is_a_whole_word_in_any_order(
    new_index: Callable[..., Index],
) -> None:
    index = new_index(WORDS)
    index.write(line("payment p1 has failed"), line("No payment: FAILED"), line("failed: payment"))
    index.write(line("auth has failed"), line("authentication failed"), line("rate limit"), line("limit of the rate"))
    assert index.counts() == {"error": 0, "payment_failed": 3, "rate_limit": 1, "auth_failed": 1}


def test_an_event_longer_than_the_keyword_holds_is_found_by_its_words(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(line(f"payment {'x' * 300} failed"), line("x" * 300))
    assert index.counts() == {**NO_LINES, "payment_failed": 1}


def test_lines_before_the_window_are_not_counted_and_the_newest_of_them_is_known(
    new_index: Callable[..., Index],
) -> None:
    index = new_index()
    index.write(*LINES, age=timedelta(hours=1))
    last = index.write(*LINES, age=timedelta(seconds=metrics.LOG_WINDOW_SECONDS + 30))
    assert index.counts() == NO_LINES
    assert newest(index.collector) == pytest.approx(last, abs=0.001)


def test_lines_of_the_last_four_minutes_are_counted(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(line("auth failed"), age=timedelta(minutes=4))
    index.write(line("auth failed"))
    assert index.counts() == {**NO_LINES, "auth_failed": 2}


@pytest.mark.parametrize("mappings", [DYNAMIC, NANOSECONDS], ids=["milliseconds", "nanoseconds"])
def test_the_newest_line_is_the_newest_that_is_not_to_come(
    new_index: Callable[..., Index], mappings: Mapping[str, Any]
) -> None:
    index = new_index(mappings)
    last = index.write(line("auth failed"), age=timedelta(minutes=1))
    index.write(line("auth failed"), age=timedelta(hours=-1))
    assert newest(index.collector) == pytest.approx(last, abs=0.001)
    assert index.counts() == {**NO_LINES, "auth_failed": 1}


def test_lines_of_other_indices_are_not_counted(new_index: Callable[..., Index]) -> None:
    index, other = new_index(), new_index()
    index.write(line("auth failed"))
    other.write(*LINES)
    assert index.counts() == {**NO_LINES, "auth_failed": 1}


def test_a_pattern_counts_the_lines_of_every_index_that_it_fits(
    new_index: Callable[..., Index], collectors: Collectors
) -> None:
    first, second = new_index(KEYWORDS), new_index(WORDS)
    for index in (first, second):
        index.write(line("payment failed"))
    both = collectors(first.node.url, index=f"{first.name},{second.name}*")
    assert logs(both) == {**NO_LINES, "payment_failed": 2}


@pytest.mark.parametrize("index", ["not-yet-there", "not-yet-there-*"])
def test_an_index_that_does_not_exist_yet_holds_no_line(node: Node, collectors: Collectors, index: str) -> None:
    values = published(collectors(node.url, index=index))
    assert values[metrics.LOG_LINES.name] == NO_LINES
    assert metrics.NEWEST_LOG.name not in values


def test_an_index_without_lines_holds_no_line(new_index: Callable[..., Index]) -> None:
    index = new_index()
    assert index.counts() == NO_LINES
    assert metrics.NEWEST_LOG.name not in published(index.collector)


def colours(collector: ElasticsearchCollector) -> dict[str, float]:
    return published(collector)[metrics.CLUSTER_STATUS.name]


def test_every_declared_family_is_published(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(*LINES)
    values = published(index.collector)
    assert set(values) == {metric.name for metric in metrics.METRICS}
    assert values[metrics.NODES.name] == {"": 1}
    assert values[metrics.ACTIVE_SHARDS.name][""] >= 1


def test_a_replica_without_a_second_node_makes_the_cluster_yellow(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(*LINES)
    assert colours(index.collector) == {"green": 1, "yellow": 0, "red": 0}
    replicated = new_index(number_of_replicas=1)
    replicated.write(*LINES)
    assert colours(index.collector) == {"green": 0, "yellow": 1, "red": 0}
    assert published(index.collector)[metrics.UNASSIGNED_SHARDS.name] == {"": 1}


def test_without_a_shard_the_cluster_is_red_and_no_count_of_the_others_is_published(
    new_index: Callable[..., Index], collectors: Collectors
) -> None:
    index = new_index()
    index.write(*LINES)
    lost = new_index(active="0", **{"routing.allocation.require._name": "nobody"})
    runner = Runner(collectors(index.node.url, index=f"{index.name},{lost.name}"), timeout=30)
    samples = {
        (sample.name, *sample.labels.values()): sample.value for family in scrape([runner]) for sample in family.samples
    }
    assert samples[metrics.CLUSTER_STATUS.name, "red"] == 1
    assert not [name for name, *_ in samples if name == metrics.LOG_LINES.name]
    assert samples["payment_exporter_collector_success", "elasticsearch"] == 0


def test_a_node_that_comes_back_is_read_again(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(*LINES)
    before = newest(index.collector)
    index.node.stop()
    try:
        with pytest.raises(ElasticsearchError, match=f"^{index.node.url}: Connection refused$"):
            published(index.collector)
    finally:
        index.node.start()
    wait_until("the lines are read again", lambda: readable(index.collector), pause=0.2)
    assert newest(index.collector) == before


def readable(collector: ElasticsearchCollector) -> bool:
    try:
        return bool(published(collector))
    except ElasticsearchError:
        return False
