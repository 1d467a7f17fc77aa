"""What the service writes: valid JSON, one object a line, nothing in it that must not be there."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payment_catalog.errors import ForeseenError
from payment_service.instrumentation.route import RouteTemplates
from payment_service.instrumentation.trace import TraceContext
from payment_service.logs import configure_logging
from payment_service.logs.access import AccessLog
from payment_service.logs.redaction import Redactor
from payment_service.logs.standard_library import LineHandler
from payment_service.logs.unhandled import log_unhandled

if TYPE_CHECKING:
    from conftest import Service

NUMBER = "4111111111111111"
MARK = "[card ****1111]"
#: How people on call search, as the runbook tells them to.
SEARCHES = ("ERROR", "payment.*failed", "rate limit", "auth.*failed")

pytestmark = pytest.mark.usefixtures("logging_restored")

log = structlog.get_logger()
Lines = list[dict[str, Any]]
Send = Callable[..., httpx.Response]


class Output(io.StringIO):
    """A stream, and what was written to it."""

    def lines(self) -> Lines:
        text = self.getvalue()
        assert text.isascii()
        assert text == "" or text.endswith("\n")
        return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]

    def line(self) -> dict[str, Any]:
        (only,) = self.lines()
        return only


@pytest.fixture
def output() -> Output:
    stream = Output()
    configure_logging("DEBUG", Redactor(["known-secret"], lambda: None), stream)
    return stream


def test_an_event_is_a_line(output: Output) -> None:
    structlog.contextvars.bind_contextvars(request_id="r1")
    log.warning("payment failed", payment_id="p1", amount_minor=1050, reasons=["a", None])
    line = output.line()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line.pop("timestamp"))
    assert line == {
        "level": "WARNING",
        "event": "payment failed",
        "request_id": "r1",
        "payment_id": "p1",
        "amount_minor": 1050,
        "reasons": ["a", None],
    }


def test_lines_go_to_standard_output_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    log.debug("unheard")
    log.error("heard")
    assert json.loads(capsys.readouterr().out)["event"] == "heard"


def test_an_unknown_level_is_named_with_those_that_exist() -> None:
    with pytest.raises(ForeseenError, match="'LOUD': expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL"):
        configure_logging("LOUD")


def test_events_are_found_as_the_runbook_searches_for_them(output: Output) -> None:
    log.error("gateway answer has a wrong signature")
    log.warning("payment failed", payment_id="p1")
    log.warning("rate limit exceeded", merchant="shop")
    log.warning("auth failed", client="10.0.0.1")
    for search, line in zip(SEARCHES, output.getvalue().splitlines(), strict=True):
        assert re.search(search, line)


text = st.text(st.characters(codec=None))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text | st.binary() | st.just(NUMBER),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@given(event=text, name=st.sampled_from(["a", "line\nbreak", "level", "card_token", NUMBER]), value=values)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_logged_is_one_line_without_card_numbers(output: Output, event: str, name: str, value: Any) -> None:
    output.seek(0)
    output.truncate()
    message = f"{event} {NUMBER}"
    log.info(message, **{name: value})
    output.line()
    assert NUMBER not in output.getvalue()
    output.getvalue().encode()


def test_a_line_break_stays_within_its_line(output: Output) -> None:
    log.info('forged\n{"level": "ERROR"}', value="a\r\n\u2028\u0085b")
    assert output.line()["value"] == "a\r\n\u2028\u0085b"


def test_lone_surrogates_become_valid(output: Output) -> None:
    log.info("\ud800", **{"\udfff": b"\xff"})
    assert output.line()["event"] == "�"


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError(NUMBER)

    __repr__ = __str__


class HostileDict(dict[str, str]):
    def items(self) -> Any:
        raise RuntimeError(NUMBER)


@pytest.mark.parametrize(
    "value",
    [
        Hostile(),
        HostileDict(),
        object(),
        float("nan"),
        pytest.param(10**5000, id="huge"),
        {Hostile(): 1},
        lambda: None,
        1j,
    ],
)
def test_no_value_breaks_the_caller(output: Output, value: Any) -> None:
    log.info("odd", value=value)
    assert output.line()["event"] in {"odd", "log line lost"}
    assert NUMBER not in output.getvalue()


def test_a_number_that_json_has_not_is_written_as_text(output: Output) -> None:
    log.info("odd", ratio=float("nan"), nested=[{"limit": float("-inf")}], count=2**63)
    line = output.line()
    assert (line["ratio"], line["nested"], line["count"]) == ("nan", [{"limit": "-inf"}], "9223372036854775808")


def test_a_closed_stream_does_not_break_the_caller(output: Output) -> None:
    output.close()
    log.error("nobody reads this")
    logging.getLogger("library").error("nor this")


def test_exceptions_are_written_without_data(output: Output) -> None:
    def charge(card: str) -> None:
        local = "known-secret"
        raise ValueError(f"{card} refused, {local}, token=abc, Bearer abc.def")

    try:
        try:
            charge("4111 1111 1111 1111")
        except ValueError as error:
            raise RuntimeError(f"retry for {NUMBER}") from error
    except RuntimeError:
        log.exception("charge broke")
    line = output.line()
    assert line["level"] == "ERROR"
    assert f"ValueError: {MARK} refused, [redacted], token=[redacted], Bearer [redacted]" in line["exception"]
    assert f"RuntimeError: retry for {MARK}" in line["exception"]
    assert "in charge" in line["exception"]
    assert NUMBER not in output.getvalue()


def test_of_a_deep_traceback_the_innermost_frames_are_written(output: Output) -> None:
    def even(depth: int) -> None:
        odd(depth - 1)

    def odd(depth: int) -> None:
        if depth < 0:
            raise ValueError("too deep")
        even(depth - 1)

    try:
        even(100)
    except ValueError:
        log.exception("broke")
    assert output.line()["exception"].count('File "') == 15
    assert output.line()["exception"].endswith("ValueError: too deep")


def test_exception_groups_and_hostile_exceptions_are_written(output: Output) -> None:
    class HostileError(Exception):
        def __str__(self) -> str:
            raise RuntimeError(NUMBER)

    log.error("several", exc_info=ExceptionGroup("both", [ValueError(NUMBER), HostileError()]))
    assert MARK in output.line()["exception"]
    assert NUMBER not in output.getvalue()


def test_libraries_are_heard_in_the_same_way(output: Output) -> None:
    library = logging.getLogger("library.part")
    structlog.contextvars.bind_contextvars(request_id="r1")
    library.info("unheard")

    def connect() -> None:
        raise OSError(f"redis://user:pw@cache {NUMBER}")

    try:
        connect()
    except OSError:
        library.exception("query of %s broke", {"card_number": "x", "n": NUMBER})
    line = output.line()
    assert (line["level"], line["logger"], line["request_id"]) == ("ERROR", "library.part", "r1")
    assert line["event"] == f"query of {{'card_number': [redacted], 'n': '{MARK}'}} broke"
    assert f"OSError: redis://[redacted]@cache {MARK}" in line["exception"]


def test_loggers_with_handlers_of_their_own_are_heard_once(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("library.own")
    library.addHandler(logging.StreamHandler())
    library.propagate = False
    stream = Output()
    configure_logging(stream=stream)
    library.warning("number %s", NUMBER)
    assert stream.line()["event"] == f"number {MARK}"
    assert capsys.readouterr() == ("", "")


def test_a_library_that_logs_badly_breaks_nothing(output: Output, capsys: pytest.CaptureFixture[str]) -> None:
    # pytest's own handlers raise for such records.
    logging.root.handlers[:] = [handler for handler in logging.root.handlers if isinstance(handler, LineHandler)]
    library = logging.getLogger("library")
    library.error("%d items", NUMBER)
    library.error("%s", Hostile())
    library.error(Hostile())
    assert [line["level"] for line in output.lines()] == ["ERROR"] * 3
    assert NUMBER not in output.getvalue()
    assert capsys.readouterr() == ("", "")


def test_warnings_are_lines(output: Output) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"deprecated {NUMBER}", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)
    line = output.line()
    assert line["logger"] == "py.warnings"
    assert f"DeprecationWarning: deprecated {MARK}" in line["event"]


def test_threads_that_die_are_lines(output: Output, capsys: pytest.CaptureFixture[str]) -> None:
    def die() -> None:
        raise ValueError(NUMBER)

    thread = threading.Thread(target=die, name="worker")
    thread.start()
    thread.join(timeout=10)
    line = output.line()
    assert (line["level"], line["thread"]) == ("ERROR", "worker")
    assert f"ValueError: {MARK}" in line["exception"]
    assert capsys.readouterr().err == ""


def test_what_reaches_the_event_loop_is_a_line(output: Output, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(NUMBER)

    async def scenario() -> None:
        log_unhandled(asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(fail)
        await asyncio.sleep(0)

    asyncio.run(scenario())
    line = output.line()
    assert line["level"] == "ERROR"
    assert f"ValueError: {MARK}" in line["exception"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "end",
    [
        f"raise ValueError('{NUMBER}')",
        f"class Broken:\n    def __del__(self): raise ValueError('{NUMBER}')\nBroken()",
        f"import threading\nthreading.Thread(target=lambda: int('{NUMBER} x')).start()",
    ],
)
def test_a_program_that_ends_badly_prints_no_data(end: str) -> None:
    program = f"from payment_service.logs import configure_logging\nconfigure_logging()\n{end}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert json.loads(done.stdout)["level"] == "ERROR"
    assert f"[card ****{NUMBER[-4:]}]" in done.stdout
    assert NUMBER not in done.stdout


def test_threads_do_not_write_into_each_others_lines(output: Output) -> None:
    def write(name: str) -> None:
        for number in range(50):
            log.info("event", writer=name, number=number, filling="x" * 200)

    threads = [threading.Thread(target=write, args=(str(name),)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len({(line["writer"], line["number"]) for line in output.lines()}) == 400


@pytest.fixture
def request_once() -> Send:
    """Send one request to a small application behind the access log."""
    app = FastAPI()

    @app.get("/payments/{payment_id}")
    async def payment(payment_id: str) -> dict[str, str]:
        structlog.contextvars.bind_contextvars(payment_id=f"p{len(payment_id)}")
        log.info("looked up")
        return {"id": payment_id}

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError(f"no card {NUMBER}")

    @app.get("/health")
    async def health() -> None:
        """Answer."""

    template = RouteTemplates(lambda: app.routes).template
    stack = TraceContext(AccessLog(app, template, {"/health"}))

    def send(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]

        async def whole() -> httpx.Response:
            transport = httpx.ASGITransport(stack, raise_app_exceptions=False, client=("10.1.2.3", 5000))
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.request(method, path, headers=raw)

        return asyncio.run(whole())

    return send


def test_a_request_is_a_line(output: Output, request_once: Send) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = request_once("/payments/p-1?token=abc", traceparent=trace, X_Request_ID="client-1", Authorization="secret")
    inner, line = output.lines()
    assert answer.headers["X-Request-ID"] == "client-1"
    assert inner["request_id"] == line["request_id"] == "client-1"
    assert inner["trace_id"] == line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert inner["span_id"] == line["span_id"]
    assert line["duration_ms"] >= 0
    fields = ("event", "level", "method", "path", "route", "status", "bytes", "client", "payment_id")
    assert {name: line[name] for name in fields} == {
        "event": "request",
        "level": "INFO",
        "method": "GET",
        "path": "/payments/p-1",
        "route": "/payments/{payment_id}",
        "status": 200,
        "bytes": len(answer.content),
        "client": "10.1.2.3",
        "payment_id": "p3",
    }
    assert "abc" not in output.getvalue()
    assert "secret" not in output.getvalue()


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "line\\nbreak", 'quote"', "é", NUMBER, "payment-failed"])
def test_a_request_id_that_cannot_be_trusted_is_replaced(output: Output, request_once: Send, sent: str) -> None:
    answer = request_once("/payments/p-1", X_Request_ID=sent)
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert output.lines()[-1]["request_id"] == answer.headers["X-Request-ID"]


def test_requests_do_not_inherit_from_each_other(output: Output, request_once: Send) -> None:
    request_once("/payments/first")
    request_once("/nothing")
    first, last = output.lines()[1], output.lines()[-1]
    assert first["request_id"] != last["request_id"]
    assert "payment_id" not in last


def test_a_broken_request_is_found_with_its_id(output: Output, request_once: Send) -> None:
    answer = request_once("/broken", X_Request_ID="r-9")
    assert answer.headers["X-Request-ID"] == "r-9"
    raised, line = output.lines()
    assert (line["status"], line["level"], line["route"]) == (500, "ERROR", "/broken")
    assert raised["request_id"] == line["request_id"] == "r-9"
    assert f"ValueError: no card {MARK}" in raised["exception"]
    assert NUMBER not in output.getvalue()


def test_what_monitoring_asks_for_has_an_id_and_no_line(output: Output, request_once: Send) -> None:
    assert request_once("/health").headers["X-Request-ID"]
    assert output.lines() == []


@pytest.mark.parametrize(
    "path",
    [
        f"/payments/{NUMBER}",
        "/payments/4111%201111%201111%201111",
        "/payments/4111/1111/1111/1111",
        f"/card{NUMBER}x",
        "/payments/psk_abcdEFGH12345678",
        "/" + "x" * 300 + NUMBER,
        *(f"/{'x' * (256 - cut)}{NUMBER}/y" for cut in range(1, 17)),
        *(f"/y/{'x' * (254 - cut)}/4111/1111/1111/1111" for cut in range(1, 19)),
    ],
)
def test_paths_are_logged_without_card_numbers_and_bounded(output: Output, request_once: Send, path: str) -> None:
    request_once(path)
    line = output.lines()[-1]
    assert "411111" not in re.sub("[^0-9]", "", line["path"])
    assert "psk_" not in output.getvalue()
    assert len(line["path"]) <= 300


@pytest.mark.parametrize(
    "path",
    ["/payments/failed", "/payments/ERROR", "/payment%20failed", "/auth/failed", "/rate%20limit", "/ERROR/ERROR"],
)
def test_no_path_is_found_by_the_searches_of_people_on_call(output: Output, request_once: Send, path: str) -> None:
    request_once(path)
    for line in output.getvalue().splitlines():
        assert not any(re.search(search, line) for search in SEARCHES)


def test_methods_that_do_not_exist_are_not_repeated(output: Output, request_once: Send) -> None:
    request_once("/payments/p-1", method="ERROR")
    assert output.line()["method"] == "OTHER"


def test_who_left_before_the_answer_is_not_the_services_fault(output: Output) -> None:
    async def wait_for_the_end(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    messages = iter([{"type": "http.request", "body": b""}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        pytest.fail(f"nobody is there to read {message}")

    scope: Any = {"type": "http", "method": "GET", "path": "/slow", "headers": [], "client": None}

    async def whole() -> None:
        structlog.contextvars.bind_contextvars(left_over="x")
        await AccessLog(wait_for_the_end, lambda _: "/slow")(scope, receive, send)
        assert structlog.contextvars.get_contextvars() == {}

    asyncio.run(whole())
    line = output.line()
    assert (line["status"], line["level"]) == (499, "INFO")
    assert "left_over" not in line


def test_a_defect_is_answered_with_a_request_id_and_logged_under_it(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("card 4111111111111111")

    monkeypatch.setattr("payment_service.api.payments.payments_of", broken)

    async def scenario(service: Service) -> None:
        answer = await service.caller.get("/payments")
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "4111" not in answer.text
        identifiers.append(answer.headers["X-Request-ID"])
        assert await service.value("http_requests_total", method="GET", route="/payments", code="500") == 1

    identifiers: list[str] = []
    configure_logging()
    play(scenario)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "unhandled exception" in line]
    assert f'"request_id": "{identifiers[0]}"' in line
    assert '"level": "ERROR"' in line
    assert "4111111111111111" not in line
    assert "RuntimeError" in line
