"""``payobs archive`` when things go wrong: nothing is lost, the error says what to do, and another run goes on."""

from __future__ import annotations

import gzip
import re
import signal
import subprocess
import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from archive_desk import DAY, noise, payobs
from s3_server import error
from sockets import free_port
from waiting import wait_until

from payment_logging.archive import compression
from payment_logging.archive.content import PART_SIZE
from payment_logging.archive.s3 import Destination, S3Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive_desk import Desk
    from werkzeug.wrappers import Request, Response

LINES = b'{"level": "ERROR", "event": "payment failed"}\n' * 1000
#: Bytes that are sent in two parts.
PARTS = PART_SIZE + 1000


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that asks once."""

    def once(self: S3Store, destination: Destination) -> None:
        asked_once = Destination(destination.bucket, destination.region, destination.endpoint, attempts=1, timeout=2)
        before(self, asked_once)

    before = S3Store.__init__
    monkeypatch.setattr(S3Store, "__init__", once)


def answering(
    status: int, code: str, method: str, pattern: str, times: int = 1000
) -> Callable[[Request], Response | None]:
    """A fault: the first ``times`` requests that match are answered by an error."""
    left = iter(range(times))

    def fault(request: Request) -> Response | None:
        if request.method == method and re.search(pattern, request.full_path) and next(left, None) is not None:
            return error(status, code)
        return None

    return fault


def process(desk: Desk, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "payment_bundle", *desk.arguments(*more)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_without_credentials_it_says_where_they_are_looked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    desk.log("app.log", LINES)
    result = desk.archive()
    assert result.code == 2
    assert result.err.startswith("payobs: no credentials for shop-logs: Unable to locate credentials; boto3 looks for")
    assert desk.left() == ["app.log"]


def test_a_bucket_that_is_not_there(desk: Desk) -> None:
    desk.config.write_text("logs: {s3_bucket: no-such-bucket}\n")
    desk.log("app.log", LINES)
    result = desk.archive()
    assert (result.code, result.err) == (
        2,
        "payobs: no-such-bucket: there is no such bucket; HeadBucket was answered by 404 Not Found\n",
    )
    assert "1 not tried" in result.out
    assert desk.left() == ["app.log"]


def test_credentials_without_a_right(desk: Desk) -> None:
    desk.s3.faults.append(answering(403, "AccessDenied", "PUT", "app"))
    desk.log("app.log", LINES)
    result = desk.archive()
    assert result.code == 2
    assert "lack a right; needed are s3:ListBucket, s3:GetObject, s3:PutObject" in result.err
    assert "PutObject was answered by 403 AccessDenied as told" in result.err
    assert desk.left() == ["app.log.gz"]


def test_an_object_that_cannot_be_read_back_concerns_one_file(desk: Desk) -> None:
    """As in Glacier; S3 answers 403, as it does for a right that is missing."""
    packed = gzip.compress(LINES)
    desk.log("a.log.gz", packed)
    desk.s3.put(f"{DAY}/a.log.gz", packed)
    desk.log("b.log", LINES)
    desk.s3.faults.append(answering(403, "InvalidObjectState", "GET", "a.log"))
    result = desk.archive()
    assert result.code == 1
    assert "! a.log.gz: GetObject was answered by 403 InvalidObjectState" in result.out
    assert "1 archived" in result.out
    assert desk.left() == ["a.log.gz"]


def test_an_error_of_the_server_that_passes_is_not_noticed(desk: Desk) -> None:
    desk.s3.faults.append(answering(500, "InternalError", "PUT", "app", times=1))
    desk.log("app.log", LINES)
    assert desk.archive().code == 0
    assert desk.archived() == {"app.log.gz": LINES}
    assert desk.left() == []


@pytest.mark.parametrize(("size", "last"), [(1000, "PUT"), (PARTS, "POST .*uploadId")], ids=["whole", "in parts"])
def test_an_answer_that_is_lost_after_the_upload_is_no_conflict(desk: Desk, size: int, last: str) -> None:
    """The repeated request finds the object that the first one has made."""
    lost = iter([True])

    def lose(request: Request, response: Response) -> None:
        if re.search(last, f"{request.method} {request.full_path}") and next(lost, False):
            response.status_code = 500

    desk.s3.alterations.append(lose)
    desk.log("app.log", noise(size))
    result = desk.archive()
    assert result.code == 0, result.out
    assert desk.archived() == {"app.log.gz": noise(size)}
    assert desk.left() == []


@pytest.mark.usefixtures("impatient")
def test_a_server_that_keeps_failing_is_left_alone_after_three_files(desk: Desk) -> None:
    for number in range(5):
        desk.log(f"{number}.log", LINES)
    desk.s3.faults.append(answering(503, "SlowDown", "PUT", "log"))
    result = desk.archive()
    assert result.code == 1
    assert "0 archived (0 B sent), 0 there already, 3 failed, 2 not tried" in result.out
    assert result.err == "payobs: the server was not there 3 times in a row\n"
    assert "! 0.log: PutObject was answered by 503 SlowDown as told" in result.out
    desk.s3.faults.clear()
    assert desk.archive().code == 0
    assert desk.archived() == {f"{number}.log.gz": LINES for number in range(5)}
    assert desk.left() == []


@pytest.mark.usefixtures("impatient")
def test_one_file_that_the_server_refuses_does_not_stop_the_others(desk: Desk) -> None:
    desk.s3.faults.append(answering(400, "EntityTooLarge", "PUT", "a.log"))
    desk.log("a.log", LINES)
    desk.log("b.log", LINES)
    result = desk.archive()
    assert result.code == 1
    assert "! a.log: PutObject was answered by 400 EntityTooLarge" in result.out
    assert desk.archived() == {"b.log.gz": LINES}
    assert desk.left() == ["a.log.gz"]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_goes_away_in_the_middle(desk: Desk) -> None:
    desk.log("a.log", LINES)
    desk.log("b.log", noise(PARTS))

    def go_away(request: Request) -> Response | None:
        if "partNumber=2" in request.full_path:
            threading.Thread(target=desk.s3.stop).start()
            return error(500, "InternalError")
        return None

    desk.s3.faults.append(go_away)
    result = desk.archive()
    assert result.code == 1
    assert "1 archived" in result.out
    assert "! b.log: " in result.out
    assert desk.left() == ["b.log.gz"]
    desk.s3.faults.clear()
    desk.s3.start()
    assert desk.archive().code == 0
    assert desk.archived() == {"a.log.gz": LINES, "b.log.gz": noise(PARTS)}
    assert desk.s3.unfinished() == []
    assert desk.left() == []


@pytest.mark.usefixtures("impatient")
def test_nobody_listens(desk: Desk) -> None:
    desk.log("app.log", LINES)
    address = f"http://127.0.0.1:{free_port()}"
    result = payobs("archive", f"--directory={desk.logs}", f"--config={desk.config}", f"--endpoint-url={address}")
    assert result.code == 1
    assert result.err.startswith("payobs: no answer from S3: Could not connect to the endpoint URL")
    assert desk.left() == ["app.log"]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_hangs_is_waited_for_no_longer_than_the_time_out(desk: Desk) -> None:
    hanging = threading.Event()

    def hang(request: Request) -> Response | None:
        if request.method == "HEAD":
            hanging.wait(30)
        return None

    desk.s3.faults.append(hang)
    desk.log("app.log", LINES)
    start = monotonic()
    result = desk.archive()
    hanging.set()
    assert monotonic() - start < 10
    assert result.code == 1
    assert "no answer from S3: Read timeout" in result.err


@pytest.mark.usefixtures("impatient")
def test_an_upload_in_parts_that_fails_leaves_no_parts(desk: Desk) -> None:
    desk.s3.faults.append(answering(500, "InternalError", "PUT", "partNumber=2"))
    desk.log("app.log", noise(PARTS))
    assert desk.archive().code == 1
    assert desk.s3.unfinished() == []
    assert desk.s3.stored() == []
    assert desk.left() == ["app.log.gz"]


@pytest.mark.parametrize("size", [1000, PARTS], ids=["whole", "in parts"])
def test_what_is_stored_otherwise_than_sent_is_noticed_and_the_file_stays(desk: Desk, size: int) -> None:
    """The server has another content of the same size, and reports no checksum."""

    def corrupt(request: Request, response: Response) -> None:
        if request.method == "HEAD":
            response.headers.pop("x-amz-checksum-sha256", None)
        if request.method == "GET" and "app.log" in request.path:
            response.headers.pop("x-amz-checksum-sha256", None)
            response.data = bytes(len(response.data))

    desk.s3.alterations.append(corrupt)
    content = noise(size)
    desk.log("app.log", content)
    result = desk.archive()
    assert result.code == 1
    assert f"! app.log: s3://shop-logs/{DAY}/app.log.gz does not hold what was sent; the file stays here" in result.out
    assert desk.left() == ["app.log.gz"]
    assert gzip.decompress((desk.logs / "app.log.gz").read_bytes()) == content


def test_a_checksum_that_the_server_reports_wrongly_is_not_believed(desk: Desk) -> None:
    def lie(request: Request, response: Response) -> None:
        if "x-amz-checksum-sha256" in response.headers:
            response.headers["x-amz-checksum-sha256"] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

    desk.s3.alterations.append(lie)
    desk.log("app.log", LINES)
    result = desk.archive()
    assert result.code == 1
    assert "! app.log: what was read back has another checksum" in result.out
    assert desk.left() == ["app.log.gz"]


def test_each_request_carries_the_checksum_that_a_server_compares(desk: Desk) -> None:
    seen: list[str | None] = []

    def see(request: Request) -> Response | None:
        if request.method == "PUT":
            seen.append(request.headers.get("x-amz-checksum-sha256"))
        return None

    desk.s3.faults.append(see)
    desk.log("a.log", LINES)
    desk.log("b.log", noise(PARTS))
    assert desk.archive().code == 0
    assert len(seen) == 3
    assert None not in seen


def test_a_file_that_somebody_writes_to_stays(desk: Desk) -> None:
    file = desk.log("app.log", LINES)
    desk.log("b.log", LINES)
    with file.open("ab"):
        result = desk.archive()
    assert result.code == 1
    assert "! app.log: is open for writing" in result.out
    assert desk.left() == ["app.log"]
    assert desk.archive().code == 0
    assert desk.left() == []


def test_a_file_that_is_written_to_during_the_upload_stays(desk: Desk) -> None:
    packed = desk.log("app.log.gz", gzip.compress(LINES))

    def append(request: Request) -> Response | None:
        if request.method == "PUT":
            with packed.open("ab") as stream:
                stream.write(gzip.compress(b"more\n"))
        return None

    desk.s3.faults.append(append)
    result = desk.archive()
    assert result.code == 1
    assert "! app.log.gz: was written to or replaced meanwhile" in result.out
    assert gzip.decompress(packed.read_bytes()) == LINES + b"more\n"


def test_a_full_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compressed already still goes, and makes room."""
    desk.log("a.log", LINES)
    desk.log("b.log.gz", gzip.compress(LINES))

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compression, "_write", full)
    result = desk.archive()
    assert result.code == 1
    assert "! a.log: No space left on device" in result.out
    assert desk.left() == ["a.log"]
    assert desk.archived() == {"b.log.gz": LINES}


def test_one_run_at_a_time(desk: Desk) -> None:
    desk.log("app.log", LINES)
    second: list[tuple[int, str]] = []

    def run_another(request: Request) -> Response | None:
        if request.method == "PUT":
            again = process(desk)
            _, err = again.communicate(timeout=60)
            second.append((again.returncode, err))
        return None

    desk.s3.faults.append(run_another)
    assert desk.archive().code == 0
    assert second == [(2, f"payobs: {desk.logs}: another run is at work there\n")]


def test_it_ends_in_order_when_it_is_asked_to(desk: Desk) -> None:
    desk.log("app.log", noise(PARTS))
    with process(desk, "--limit-rate=1") as running:
        wait_until("a part is there", lambda: any("partNumber=1" in line for line in desk.s3.requests))
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (1, "payobs: interrupted\n")
    assert "0 archived" in out
    assert desk.s3.unfinished() == []
    assert desk.left() == ["app.log.gz"]


@pytest.mark.parametrize(
    ("when", "size"),
    [
        (r"HEAD /shop-logs$", 1000),
        (r"HEAD .*/b\.log", 1000),
        (r"PUT .*/b\.log", 1000),
        (r"PUT .*/b\.log.*partNumber=2", PARTS),
        (r"POST .*/b\.log.*uploadId", PARTS),
        (r"HEAD .*/c\.log", 1000),
    ],
)
def test_after_a_kill_the_next_run_finishes(desk: Desk, when: str, size: int) -> None:
    contents = {"a.log": LINES, "b.log": noise(size), "c.log": LINES * 2}
    for name, content in contents.items():
        desk.log(name, content)
    killed = threading.Event()

    def kill(request: Request) -> Response | None:
        if not killed.is_set() and re.search(when, desk.s3.requests[-1]):
            running.kill()
            running.wait(60)
            killed.set()
        return None

    desk.s3.faults.append(kill)
    with process(desk) as running:
        assert running.wait(60) == -signal.SIGKILL
    wait_until("the server has done what it was asked", killed.is_set)
    for name, content in contents.items():
        assert_is_somewhere(desk, name, content)
    again = desk.archive()
    assert again.code == 0, again.out
    assert desk.archived() == {f"{name}.gz": content for name, content in contents.items()}
    assert desk.s3.unfinished() == []
    assert desk.left() == []


def test_after_a_kill_while_it_compresses_the_next_run_finishes(desk: Desk) -> None:
    content = noise(12 << 20)
    desk.log("deep/app.log", content)
    with process(desk) as running:
        unfinished = desk.logs / "deep" / ".payobs-archive.unfinished"
        wait_until("it compresses", unfinished.exists, pause=0.001)
        running.kill()
        assert running.wait(60) == -signal.SIGKILL
    assert "deep/app.log" in desk.left()
    assert desk.archive().code == 0
    assert desk.archived() == {"deep/app.log.gz": content}
    assert desk.left() == []


def assert_is_somewhere(desk: Desk, name: str, content: bytes) -> None:
    plain, packed = desk.logs / name, desk.logs / f"{name}.gz"
    found = [plain.read_bytes()] if plain.exists() else []
    found += [gzip.decompress(packed.read_bytes())] if packed.exists() else []
    found += [desk.archived()[f"{name}.gz"]] if f"{DAY}/{name}.gz" in desk.s3.stored() else []
    assert found
    assert set(found) == {content}
