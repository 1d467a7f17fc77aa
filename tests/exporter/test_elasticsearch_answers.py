"""No answer is published that is not whole and sound, and nothing of it, nor a secret, is said."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from exporter.certificates import LOOPBACK, Authority
from exporter.elasticsearch_reading import failure, logs, published
from exporter.elasticsearch_stub import (
    COUNTED,
    HEALTH,
    HTML,
    JSON,
    MARK,
    NEWEST,
    PRODUCT,
    REFUSED,
    SHARDS,
    Answer,
    answer,
    searched,
    stub_server,
    trickle,
)

from payment_catalog.exporter_metrics import elasticsearch as metrics
from payment_exporter.collectors.elasticsearch import ElasticsearchError
from payment_exporter.collectors.elasticsearch_node import LARGEST_ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporter.elasticsearch_reading import Collectors
    from exporter.elasticsearch_stub import Stub


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


def test_figures_of_an_answer_are_published(stub: Stub, collectors: Collectors) -> None:
    assert published(collectors(stub.url)) == {
        "elasticsearch_cluster_health_status": {"green": 1, "yellow": 0, "red": 0},
        "elasticsearch_cluster_health_number_of_nodes": {"": 3},
        "elasticsearch_cluster_health_active_shards": {"": 8},
        "elasticsearch_cluster_health_unassigned_shards": {"": 0},
        "elasticsearch_cluster_health_number_of_pending_tasks": {"": 2},
        "elasticsearch_log_lines": {"error": 1, "payment_failed": 2, "rate_limit": 3, "auth_failed": 4},
        "elasticsearch_newest_log_timestamp_seconds": {"": 1_700_000_000.25},
    }


REFUSALS = {
    "error": (answer(REFUSED, 500), "HTTP 500 (search_phase_execution_exception)"),
    "error of no known form": (answer({"error": {"type": MARK, "reason": MARK}}, 500), "HTTP 500"),
    "error page": (Answer(f"<html>{MARK}</html>".encode(), 500, HTML), "HTTP 500"),
    "page": (Answer(f"<html>{MARK}</html>".encode(), 200, HTML), "does not name itself Elasticsearch"),
    "other product": (
        answer(HEALTH, headers={"X-Elastic-Product": MARK}),
        "does not name itself Elasticsearch",
    ),
    "other type": (Answer(MARK.encode(), 200, {"Content-Type": "image/png", **PRODUCT}), "cannot be decoded"),
    "elsewhere": (answer({}, 302, {"Location": f"http://127.0.0.1:1/{MARK}"}), "HTTP 302"),
    "half": (Answer(f'{{"status": "green", "cluster_name": "{MARK}'.encode()), "cannot be decoded"),
    "bytes": (Answer(b"\xff\xfe" + MARK.encode()), "cannot be decoded"),
    "too many digits": (Answer(b"1" * 10_000), "cannot be decoded"),
    "not as compressed as it says": (answer(HEALTH, headers={"Content-Encoding": "gzip"}), "DecodeError"),
    "cut off": (answer(HEALTH, headers={"Content-Length": "100000", "Connection": "close"}), "IncompleteRead"),
    "nothing": (Answer(b""), "not as documented"),
    "null": (Answer(b"null"), "not as documented"),
    "list": (answer([HEALTH]), "not as documented"),
    "no figures": (answer({}), "not as documented: status: Field required"),
    "unknown colour": (answer({**HEALTH, "status": MARK}), "not as documented: status"),
    "text for a number": (answer({**HEALTH, "active_shards": "8"}), "not as documented: active_shards"),
    "truth for a number": (answer({**HEALTH, "active_shards": True}), "not as documented: active_shards"),
    "less than nothing": (answer({**HEALTH, "active_shards": -1}), "not as documented: active_shards"),
    "not a number": (answer({**HEALTH, "active_shards": float("nan")}), "not as documented: active_shards"),
}


@pytest.mark.parametrize(("sent", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_an_answer_that_is_no_health_is_refused(stub: Stub, collectors: Collectors, sent: Answer, reason: str) -> None:
    stub.health = sent
    assert reason in failure(collectors(stub.url))


UNSOUND = {
    "refused": ((REFUSED, NEWEST), "refused: HTTP 503 (search_phase_execution_exception)"),
    "second refused": ((COUNTED, REFUSED), "refused: HTTP 503 (search_phase_execution_exception)"),
    "out of time": (({**COUNTED, "timed_out": True}, NEWEST), "did not end in time"),
    "second out of time": ((COUNTED, {**NEWEST, "timed_out": True}), "did not end in time"),
    "failed shards": (({**COUNTED, "_shards": {**SHARDS, "successful": 3, "failed": 1}}, NEWEST), "only 3 of 4 shards"),
    "missing shards": (({**COUNTED, "_shards": {**SHARDS, "successful": 3}}, NEWEST), "only 3 of 4 shards"),
    "second failed": ((COUNTED, {**NEWEST, "_shards": {**SHARDS, "successful": 3}}), "only 3 of 4 shards"),
    "no counts": ((NEWEST, NEWEST), "without its counts"),
    "too few counts": (({**COUNTED, "aggregations": {"lines": {"buckets": [{"doc_count": 1}]}}}, NEWEST), "its counts"),
    "one search": ((COUNTED,), "not as documented"),
    "three searches": ((COUNTED, NEWEST, NEWEST), "not as documented"),
    "text": ((MARK, NEWEST), "not as documented"),
    "time as text": ((COUNTED, {**NEWEST, "hits": {"hits": [{"sort": [MARK]}]}}), "not as documented"),
    "two lines": ((COUNTED, {**NEWEST, "hits": {"hits": NEWEST["hits"]["hits"] * 2}}), "not as documented"),  # type: ignore[index]
    "no lines": ((COUNTED, {**NEWEST, "hits": {MARK: MARK}}), "not as documented"),
}


@pytest.mark.parametrize(("responses", "reason"), UNSOUND.values(), ids=UNSOUND)
def test_a_search_that_is_not_whole_is_not_published(
    stub: Stub, collectors: Collectors, responses: tuple[object, ...], reason: str
) -> None:
    stub.search = searched(*responses)
    assert reason in failure(collectors(stub.url))


def test_health_is_published_also_where_the_search_fails(stub: Stub, collectors: Collectors) -> None:
    stub.search = answer(REFUSED, 503)
    families = collectors(stub.url).collect()
    assert next(iter(families)).name == metrics.CLUSTER_STATUS.name
    with pytest.raises(ElasticsearchError):
        list(families)


def test_an_answer_nested_without_end_is_refused(stub: Stub, collectors: Collectors) -> None:
    stub.health = Answer(b"[" * 500_000)
    with pytest.raises((ElasticsearchError, RecursionError)):
        published(collectors(stub.url))


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_too_long_is_not_read_to_its_end(stub: Stub, collectors: Collectors, packed: bool) -> None:
    body = b" " * (LARGEST_ANSWER + 1)
    stub.health = Answer(gzip.compress(body), headers={**JSON, "Content-Encoding": "gzip"}) if packed else Answer(body)
    assert "too long" in failure(collectors(stub.url))


@pytest.mark.parametrize("part", ["health", "search"])
def test_a_server_that_hangs_is_given_up(stub: Stub, collectors: Collectors, part: str) -> None:
    setattr(stub, part, None)
    said = failure(collectors(stub.url, timeout=60), within=0.3)
    # The second where a busy machine leaves the last question no time at all.
    assert said.startswith((f"{stub.url}: no answer within 0.", f"{stub.url}: the answer did not end in time"))


def test_an_answer_that_trickles_is_given_up(collectors: Collectors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()
        thread = threading.Thread(target=trickle, args=(server, ended))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            assert failure(collectors(url, timeout=0.5)) == f"{url}: the answer did not end in time"
        finally:
            ended.set()
            thread.join()


def test_a_node_that_refuses_is_not_asked_twice(stub: Stub, collectors: Collectors) -> None:
    stub.health = answer(REFUSED, 503)
    failure(collectors(stub.url))
    assert len(stub.requests) == 1


def test_where_a_node_is_not_reached_the_next_one_is_asked(stub: Stub, collectors: Collectors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    collector = collectors(url, stub.url, url)
    for _ in range(3):
        assert logs(collector)["error"] == 1


def test_account_and_password_are_sent_as_the_file_has_them_now(
    stub: Stub, collectors: Collectors, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    collector = collectors(stub.url, username="exporter", password_file=str(file))
    for password in ("first:Secret", "zweites Geheimnis ü"):
        file.write_text(f"{password}\n", encoding="utf-8")
        stub.requests.clear()
        published(collector)
        assert stub.authorizations() == {"Basic " + b64encode(f"exporter:{password}".encode()).decode()}


def test_the_api_key_is_sent_as_the_file_has_it_now(stub: Stub, collectors: Collectors, tmp_path: Path) -> None:
    file = tmp_path / "key"
    collector = collectors(stub.url, api_key_file=str(file))
    for key in ("VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==", "b3RoZXI6a2V5"):
        file.write_text(f"{key}\n", encoding="utf-8")
        stub.requests.clear()
        published(collector)
        assert stub.authorizations() == {f"ApiKey {key}"}


def test_without_an_account_none_is_sent(stub: Stub, collectors: Collectors) -> None:
    published(collectors(stub.url))
    assert stub.authorizations() == {None}


def test_a_secret_that_is_refused_stands_in_no_error_and_no_log(
    stub: Stub, collectors: Collectors, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.health = answer({"error": {"type": "security_exception", "reason": MARK}, "status": 401}, 401)
    file = tmp_path / "password"
    file.write_text(MARK, encoding="utf-8")
    collector = collectors(stub.url, username="exporter", password_file=str(file))
    assert failure(collector) == f"{stub.url}: HTTP 401 (security_exception)"
    assert caplog.records
    for secret in (MARK, b64encode(f"exporter:{MARK}".encode()).decode()):
        assert secret not in caplog.text


@pytest.mark.parametrize("content", [b"", b"\n", MARK.encode() + b"\r\nX-Header: 1", MARK.encode() + b"\x00", b"\xff"])
@pytest.mark.parametrize("kind", ["password", "api_key"])
def test_what_is_no_secret_is_not_sent(
    stub: Stub, collectors: Collectors, tmp_path: Path, content: bytes, kind: str
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    settings = {"username": "exporter"} if kind == "password" else {}
    collector = collectors(stub.url, **settings, **{f"{kind}_file": str(file)})
    assert failure(collector).startswith(f"{file}: expected ")
    assert not stub.requests


def test_a_missing_secret_is_said_until_it_is_there(stub: Stub, collectors: Collectors, tmp_path: Path) -> None:
    file = tmp_path / "key"
    collector = collectors(stub.url, api_key_file=str(file))
    with pytest.raises(FileNotFoundError, match=str(file)):
        published(collector)
    file.write_text("a2V5", encoding="utf-8")
    assert published(collector)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("the cluster's")


@pytest.fixture
def encrypted(authority: Authority, tmp_path: Path) -> Iterator[Stub]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(LOOPBACK).write(tmp_path, "node"))
    with stub_server(context) as stub:
        yield stub


def test_the_authorities_of_ca_file_are_trusted(
    encrypted: Stub, authority: Authority, collectors: Collectors, tmp_path: Path
) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(authority.certificate)
    assert logs(collectors(encrypted.url, ca_file=str(file)))["error"] == 1


@pytest.mark.parametrize("given", [False, True], ids=["the system's", "another's"])
def test_a_node_whose_authority_is_unknown_is_sent_nothing(
    encrypted: Stub, collectors: Collectors, tmp_path: Path, given: bool
) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(Authority("another").certificate)
    collector = collectors(encrypted.url, ca_file=str(file) if given else None)
    assert "CERTIFICATE_VERIFY_FAILED" in failure(collector)
    assert not encrypted.requests


@pytest.mark.parametrize("content", [None, MARK.encode()], ids=["missing", "no certificate"])
def test_a_ca_file_that_holds_no_certificate_is_named(
    stub: Stub, collectors: Collectors, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca.crt"
    if content:
        file.write_bytes(content)
    assert failure(collectors(stub.url, ca_file=str(file))).startswith(f"{file}: ")


def test_what_the_server_warns_of_is_logged_once(
    stub: Stub, collectors: Collectors, caplog: pytest.LogCaptureFixture
) -> None:
    warning = '299 Elasticsearch-8.19.21 "built-in security features are not enabled"'
    stub.health = answer(HEALTH, headers={"Warning": warning})
    collector = collectors(stub.url)
    for _ in range(3):
        published(collector)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("payment_exporter")]
    assert said == [f"server warns collector=elasticsearch text={warning}"]
