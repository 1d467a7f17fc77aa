"""``payobs push kibana`` against a Kibana that answers as its API is documented."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from kibana_stub import KEY, StubKibana, stub_kibana
from push_desk import PushDesk
from sockets import free_port
from stub_server import Answer

from payment_catalog.settings import Settings
from payment_logging.kibana import saved_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WANTED = saved_objects(Settings())
IDS = {(each.kind.value, each.id) for each in WANTED}
IMPORT = "/api/saved_objects/_import"


@pytest.fixture
def kibana() -> Iterator[StubKibana]:
    with stub_kibana() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> PushDesk:
    return PushDesk(tmp_path, "kibana", KEY)


def test_every_object_comes_under_its_id_and_again_over_itself(desk: PushDesk, kibana: StubKibana) -> None:
    first = desk.push(kibana.url)
    assert first.code == 0, first.err
    assert kibana.spaces[""].keys() == IDS
    assert "  + saved search 'Failed payments in the logs of payment-service': created\n" in first.out
    second = desk.push(kibana.url)
    assert second.code == 0
    assert kibana.spaces[""].keys() == IDS
    assert second.out.count(": replaced\n") == len(WANTED)
    assert second.out.endswith(f"{kibana.url}: {len(WANTED)} objects imported\n")


def test_a_dry_run_sends_nothing(desk: PushDesk, kibana: StubKibana) -> None:
    result = desk.push(kibana.url, "--dry-run")
    assert result.code == 0
    assert kibana.imports == 0
    assert result.out.count(": would be imported, over what is there\n") == len(WANTED)


def test_a_space_of_its_own_is_reached(desk: PushDesk, kibana: StubKibana) -> None:
    kibana.spaces["payments"] = {}
    assert desk.push(kibana.url, "--space", "payments").code == 0
    assert kibana.spaces["payments"].keys() == IDS
    assert not kibana.spaces[""]


def test_ids_that_another_space_has_taken_are_said(desk: PushDesk, kibana: StubKibana) -> None:
    desk.push(kibana.url)
    kibana.spaces["payments"] = {}
    result = desk.push(kibana.url, "--space", "payments")
    assert result.code == 1
    assert "imported as new-payment-service-logs, because another space has the id" in result.out
    assert result.out.endswith(f"0 objects imported, {len(WANTED)} not as they should be\n")


def test_what_kibana_does_not_import_is_named_with_its_reason(desk: PushDesk, kibana: StubKibana) -> None:
    first, second, *rest = WANTED
    results = [{"type": each.kind.value, "id": each.id, "meta": {}} for each in rest]
    lost = {"type": "missing_references", "references": [{"type": "index-pattern", "id": "elsewhere"}]}
    errors = [{"type": second.kind.value, "id": second.id, "meta": {}, "error": lost}]
    body = {"success": False, "successCount": len(rest), "successResults": results, "errors": errors}
    kibana.canned[IMPORT] = Answer(200, body)
    result = desk.push(kibana.url)
    assert result.code == 1
    assert f"  ! data view '{first.title}': not imported; Kibana does not say why\n" in result.out
    assert (
        f"  ! saved search '{second.title}': not imported; what it refers to is missing: index-pattern elsewhere\n"
        in result.out
    )


def test_an_older_kibana_is_refused_before_anything_is_sent(desk: PushDesk, kibana: StubKibana) -> None:
    kibana.status["version"] = {"number": "8.7.1"}
    result = desk.push(kibana.url)
    assert (result.code, result.err) == (1, f"payobs: {kibana.url} is Kibana 8.7.1; expected 8.9 or newer\n")
    assert kibana.imports == 0


def test_a_kibana_that_does_not_tell_its_version_is_no_obstacle(desk: PushDesk, kibana: StubKibana) -> None:
    kibana.status = {"status": {"overall": {"level": "available"}}}
    assert desk.push(kibana.url).code == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Answer(403, {"statusCode": 403, "message": "Unable to bulk_create index-pattern"}),
            "needs the privilege 'all'",
        ),
        (Answer(404, {"message": "Not Found"}), "does not find it (404: Not Found); is the address right"),
        (Answer(413, {"message": "Payload content length greater than maximum"}), "raise savedObjects.maxImport"),
        (Answer(400, {"message": "Invalid file extension .txt"}), "refuses it (400: Invalid file extension .txt)"),
        (Answer(503, {"message": "Kibana server is not ready yet"}), "is at fault, or not ready yet (503: "),
        (Answer(401, {"message": f"bad {KEY}\n"}), "does not accept the account (401: bad ***); give --api-key-file"),
        (
            Answer(302, None, {"Location": "/login?next=%2F"}),
            "redirects to /login (302); is that Kibana's real address",
        ),
        (Answer(200, b"<html>Log in</html>"), "answered 200 with something that is not Kibana's JSON"),
        (Answer(200, b'{"half'), "answered 200 with something that is not Kibana's JSON"),
        (Answer(200, {"took": 3}), "answers with JSON that is not Kibana's: success: Field required"),
        (Answer(200, [1]), "refuses it (200: no reason given)"),
    ],
)
def test_each_failure_is_one_line(desk: PushDesk, kibana: StubKibana, answer: Answer, said: str) -> None:
    kibana.canned[IMPORT] = answer
    result = desk.push(kibana.url)
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert result.err.startswith(f"payobs: {kibana.url} ")
    assert said in result.err
    assert result.out == ""


def test_another_program_at_the_address_is_told_from_kibana(desk: PushDesk, kibana: StubKibana) -> None:
    kibana.canned["/api/status"] = Answer(200, {"ok": True})
    result = desk.push(kibana.url)
    assert "answers with JSON that is not Kibana's; is the address right?" in result.err
    assert kibana.imports == 0


def test_nobody_there_and_nobody_who_answers_are_said(desk: PushDesk, kibana: StubKibana) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    result = desk.push(address)
    assert (result.code, result.err) == (1, f"payobs: {address} cannot be reached: Connection refused\n")
    hanging = threading.Event()
    kibana.canned[IMPORT] = Answer(after=hanging)
    result = desk.push(kibana.url, "--timeout", "0.3")
    hanging.set()
    assert (result.code, result.err) == (1, f"payobs: {kibana.url} does not answer within 0.3 s\n")


def test_a_space_that_is_none_is_bad_usage(desk: PushDesk, kibana: StubKibana) -> None:
    result = desk.push(kibana.url, "--space", "../api")
    assert result.code == 2
    assert "--space: expected the identifier of a space" in result.err
