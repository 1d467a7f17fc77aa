"""``payobs push elasticsearch`` against an Elasticsearch that answers as its API is documented."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING

import pytest
from command_line import payobs
from elasticsearch_objects_stub import HTML, JSON, KEY, Answer, StubElasticsearch, stub_elasticsearch
from push_desk import PushDesk
from sockets import free_port

from payment_catalog.settings import Settings
from payment_logging.elasticsearch import definitions
from payment_logging.elasticsearch.definition import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WANTED = definitions(Settings())
STREAMS = [f"logs-payment-service-{stream}" for stream in ("audit", "security", "access", "application")]
STREAM = STREAMS[-1]
MAPPINGS = "/_component_template/logs-payment-service@mappings"
POLICY = "/_ilm/policy/logs-payment-service"


@pytest.fixture
def server() -> Iterator[StubElasticsearch]:
    with stub_elasticsearch() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> PushDesk:
    return PushDesk(tmp_path, "elasticsearch", KEY)


def test_all_is_created_each_after_what_it_names_and_the_data_stream_last(
    desk: PushDesk, server: StubElasticsearch
) -> None:
    result = desk.push(server.url)
    assert result.code == 0, result.err
    assert server.writes == [
        *(("PUT", each.path) for each in WANTED),
        *(("PUT", f"/_data_stream/{stream}") for stream in STREAMS),
    ]
    assert server.objects == {each.path: each.body for each in WANTED}
    assert "  + index template logs-payment-service: created\n" in result.out
    assert result.out.endswith(f"{server.url}: {len(WANTED) + 4} created\n")


def test_a_second_push_sends_nothing(desk: PushDesk, server: StubElasticsearch) -> None:
    desk.push(server.url)
    server.writes.clear()
    result = desk.push(server.url)
    assert result.code == 0
    assert server.writes == []
    assert result.out.endswith(
        f"{server.url}: nothing to send, all {len(WANTED) + 4} objects and data streams are as generated\n"
    )


def test_a_dry_run_sends_nothing_and_says_what_it_would(desk: PushDesk, server: StubElasticsearch) -> None:
    result = desk.push(server.url, "--dry-run")
    assert result.code == 0
    assert server.writes == []
    assert f"  + data stream {STREAM}: would be created\n" in result.out
    assert result.out.endswith(" (dry run, nothing sent)\n")


def test_what_somebody_has_changed_is_sent_again(desk: PushDesk, server: StubElasticsearch) -> None:
    desk.push(server.url)
    server.objects = copy.deepcopy(server.objects)
    server.objects[MAPPINGS]["template"]["mappings"]["properties"]["note"] = {"type": "text"}
    server.objects[POLICY]["policy"]["phases"]["delete"]["min_age"] = "3650d"
    server.writes.clear()
    assert desk.push(server.url).code == 0
    assert server.writes == [("PUT", MAPPINGS), ("PUT", POLICY)]
    assert server.objects == {each.path: each.body for each in WANTED}


def test_another_retention_changes_the_policy_alone(desk: PushDesk, server: StubElasticsearch) -> None:
    desk.push(server.url)
    server.writes.clear()
    desk.config.write_text("retention: {logs: 36h}\n")
    result = desk.push(server.url)
    assert server.writes == [("PUT", POLICY)]
    assert server.objects[POLICY]["policy"]["phases"]["delete"]["min_age"] == "36h"
    assert "  ~ lifecycle policy logs-payment-service: updated\n" in result.out


def test_a_data_stream_of_other_templates_gets_a_new_index_once(desk: PushDesk, server: StubElasticsearch) -> None:
    server.streams[STREAM] = [".ds-before"]
    server.indices[".ds-before"] = {"properties": {}}
    result = desk.push(server.url)
    assert result.code == 0
    assert server.writes[-1] == ("POST", f"/{STREAM}/_rollover")
    assert f"  ~ data stream {STREAM}: rolled over\n" in result.out
    server.writes.clear()
    assert desk.push(server.url).code == 0
    assert server.writes == []


@pytest.mark.parametrize("writes", range(len(WANTED) + 4))
def test_a_push_that_is_broken_off_anywhere_is_mended_by_the_next(
    desk: PushDesk, server: StubElasticsearch, writes: int
) -> None:
    server.breaks_after = writes
    broken = desk.push(server.url)
    assert broken.code == 1
    assert broken.err.count("\n") == 1
    assert broken.err == f"payobs: {server.url} broke the connection off without an answer\n"
    assert "run it again for the rest" in broken.out or writes == 0
    server.breaks_after = None
    assert desk.push(server.url).code == 0
    assert server.objects == {each.path: each.body for each in WANTED}
    assert {stream: len(indices) for stream, indices in server.streams.items()} == dict.fromkeys(STREAMS, 1)
    server.writes.clear()
    assert desk.push(server.url).code == 0
    assert server.writes == []


def test_a_cluster_without_lifecycle_policies_gets_the_rest_and_is_told_of(
    desk: PushDesk, server: StubElasticsearch
) -> None:
    server.missing = ("/_ilm",)
    result = desk.push(server.url)
    assert result.code == 1
    assert "  ! lifecycle policy logs-payment-service: not possible on this server; " in result.out
    assert "  ! component template logs-payment-service@lifecycle: not possible on this server; " in result.out
    assert "2 not possible on this server" in result.out
    assert not any("lifecycle" in path or "_ilm" in path for path in server.objects)
    assert STREAM in server.streams


def test_roles_may_be_left_to_somebody_else(desk: PushDesk, server: StubElasticsearch) -> None:
    server.missing = ("/_security",)
    assert desk.push(server.url).code == 1
    result = desk.push(server.url, "--no-roles")
    assert result.code == 0
    assert "role" not in result.out


def test_what_is_forbidden_is_named_and_the_rest_is_done(desk: PushDesk, server: StubElasticsearch) -> None:
    reason = "action [cluster:admin/xpack/security/role/put] is unauthorized for API key"
    forbidden = {"error": {"type": "security_exception", "reason": reason}, "status": 403}
    server.answer_with("PUT", "/_security/role/", Answer(403, forbidden))
    result = desk.push(server.url)
    assert result.code == 1
    for name in ("writer", "exporter", "reader"):
        assert (
            f"  ! role logs-payment-service-{name}: not pushed; {server.url} forbids it (403: {reason}); " in result.out
        )
    assert "manage_security" in result.out
    assert STREAM in server.streams


def test_without_its_templates_no_data_stream_is_made(desk: PushDesk, server: StubElasticsearch) -> None:
    refusal = {
        "error": {
            "type": "illegal_argument_exception",
            "reason": "composable template [logs-payment-service@mappings] is invalid",
            "caused_by": {"type": "mapper_parsing_exception", "reason": "unknown parameter [subobjects]"},
        },
        "status": 400,
    }
    server.answer_with("PUT", MAPPINGS, Answer(400, refusal))
    result = desk.push(server.url)
    assert result.code == 1
    assert "is invalid: unknown parameter [subobjects])" in result.out
    assert f"  ! data stream {STREAM}: not pushed; waits for the templates\n" in result.out
    assert server.streams == {}


def test_an_index_where_the_data_stream_should_be_is_said(desk: PushDesk, server: StubElasticsearch) -> None:
    server.indices[STREAM] = {}
    result = desk.push(server.url)
    assert result.code == 1
    assert f"  ! data stream {STREAM}: not pushed; {STREAM} is an index or an alias there" in result.out


PROXY = b"<html>502 Bad Gateway</html>"
BUSY = {"error": {"type": "process_cluster_event_timeout_exception", "reason": "failed to process in time"}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(200, b"<html>Log in</html>", HTML), "answers 200 and does not name itself Elasticsearch"),
        (Answer(404, b"<html>nothing here</html>", HTML), "answers 404 and does not name itself Elasticsearch"),
        (Answer(200, {"tagline": "Another search"}, {"Content-Type": "application/json"}), "does not name itself"),
        (Answer(200, b'{"half', dict(JSON)), "answers with something that is not Elasticsearch's JSON"),
        (Answer(200, [1], dict(JSON)), "answers with JSON that is not Elasticsearch's"),
        (
            Answer(200, {"component_templates": []}, dict(JSON)),
            "not Elasticsearch's: the answer has no component template",
        ),
        (Answer(502, PROXY, HTML), "cannot do it now (502"),
        (Answer(503, BUSY, dict(JSON)), "cannot do it now (503: failed to process in time); try again later"),
        (Answer(500, BUSY, dict(JSON)), "is at fault (500: failed to process in time); its log says more"),
        (
            Answer(401, {"error": {"reason": f"bad key {KEY}"}}, dict(JSON)),
            "does not accept the account (401: bad key ***)",
        ),
    ],
)
def test_each_failure_is_one_line(desk: PushDesk, server: StubElasticsearch, answer: Answer, said: str) -> None:
    server.answer_with("GET", "/_component_template", answer)
    result = desk.push(server.url)
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert result.err.startswith(f"payobs: {server.url} ")
    assert said in result.err
    assert server.writes == []


def test_nobody_there_and_nobody_who_answers_are_said(desk: PushDesk, server: StubElasticsearch) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    result = payobs("push", "elasticsearch", "--config", str(desk.config), "--url", address)
    assert (result.code, result.err) == (
        1,
        f"payobs: Elasticsearch cannot be reached: {address}: Connection refused\n",
    )
    hanging = threading.Event()
    server.answer_with("GET", "/_component_template", Answer(after=hanging))
    result = desk.push(server.url, "--timeout", "0.3")
    hanging.set()
    assert (result.code, result.err) == (1, f"payobs: {server.url} does not answer within 0.3 s\n")


def test_an_account_is_asked_for(desk: PushDesk, server: StubElasticsearch) -> None:
    result = payobs("push", "elasticsearch", "--config", str(desk.config), "--url", server.url)
    assert result.code == 1
    assert (
        "asks for an account (401: unable to authenticate with provided credentials); give --api-key-file" in result.err
    )


def test_name_and_password_do_as_well_as_a_key(desk: PushDesk, server: StubElasticsearch, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("pass wörd\n")
    password.chmod(0o644)
    result = payobs(
        *("push", "elasticsearch", "--config", str(desk.config), "--url", server.url),
        *("--username", "elastic", "--password-file", str(password)),
    )
    assert "does not accept the account" in result.err
    assert "warning: --password-file" in result.err
    assert "pass wörd" not in result.out + result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--username", "elastic"), "--username and --password-file go together"),
        (("--password-file", "{key}"), "--username and --password-file go together"),
        (("--username", "elastic", "--api-key-file", "{key}"), "--api-key-file stands beside --username"),
        (("--username", "elastic", "--password-file", "{empty}"), "expected a password alone, on one line"),
        (("--api-key-file", "{empty}"), "--api-key-file: {empty} is empty"),
        (("--url", "https://elastic:secret@search.example"), "without name and password"),
    ],
)
def test_an_account_in_part_is_bad_usage(desk: PushDesk, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    empty = tmp_path / "empty"
    empty.touch(0o600)
    files = {"key": str(desk.key_file), "empty": str(empty)}
    result = payobs(
        "push", "elasticsearch", "--config", str(desk.config), *(each.format(**files) for each in arguments)
    )
    assert result.code == 2
    assert said.format(**files) in " ".join(result.err.replace("│", " ").split())


def test_the_generated_files_are_what_is_pushed(desk: PushDesk, tmp_path: Path) -> None:
    out = tmp_path / "generated"
    assert payobs("generate", "--config", str(desk.config), "--out", str(out), "--only", "elasticsearch").code == 0
    files = {path.name for path in out.joinpath("elasticsearch").iterdir()}
    assert files == {f"{each.file}.json" for each in WANTED}
    assert {each.kind for each in WANTED} == set(Kind)
