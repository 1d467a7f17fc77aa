"""W3C trace context: the cases of the specification and of its test suite."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies

from payment_service.instrumentation.trace import Trace, TraceContext, current_trace, outgoing_headers, trace_of
from payment_service.logs.cards import may_hide_card

if TYPE_CHECKING:
    from starlette.types import Scope

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]")

Headers = list[tuple[bytes, bytes]]


def headers(parent: str, *states: str) -> Headers:
    return [(b"traceparent", parent.encode()), *((b"tracestate", state.encode()) for state in states)]


def outgoing(incoming: Headers) -> dict[str, str]:
    """Return what a request that arrived with ``incoming`` sends on."""
    seen: list[dict[str, str]] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        seen.append(outgoing_headers())

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(TraceContext(app)({"type": "http", "headers": incoming}, nothing, nothing))
    return seen[0]


@pytest.mark.parametrize(
    ("parent", "flags"),
    [
        (f"00-{TRACE}-{PARENT}-01", "01"),
        (f"00-{TRACE}-{PARENT}-00", "00"),
        (f"00-{TRACE}-{PARENT}-03", "03"),
        (f"00-{TRACE}-{PARENT}-ff", "03"),
        (f"cc-{TRACE}-{PARENT}-01", "01"),
        (f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like", "01"),
        (f"01-{TRACE}-{PARENT}-00-", "00"),
    ],
)
def test_a_valid_parent_is_continued_with_a_span_of_our_own(parent: str, flags: str) -> None:
    trace = trace_of(headers(parent))
    assert (trace.trace_id, trace.flags) == (TRACE, flags)
    assert trace.span_id != PARENT
    assert trace_of(headers(parent)).span_id != trace.span_id


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "garbage",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}-001",
        f"00-{TRACE}-{PARENT}-.0",
        f"ff-{TRACE}-{PARENT}-01",
        f"FF-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01.what",
        f"cc-{TRACE}-{PARENT}-01what",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT.upper()}-01",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}0-{PARENT}-01",
        f"00-{TRACE}-{PARENT}0-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{PARENT}-01",
        f"00_{TRACE}_{PARENT}_01",
        f" 00-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
    ],
)
def test_an_invalid_parent_begins_a_new_trace_and_loses_its_state(parent: str) -> None:
    sent = outgoing(headers(parent, "vendor=value"))
    assert sent.keys() == {"traceparent"}
    assert VALID.fullmatch(sent["traceparent"])
    assert TRACE not in sent["traceparent"]


def test_two_parents_are_none() -> None:
    assert trace_of(headers(f"00-{TRACE}-{PARENT}-01") * 2).trace_id != TRACE


def test_a_request_without_a_parent_begins_a_trace_that_others_may_record() -> None:
    first, second = trace_of([]), trace_of([(b"host", b"app")])
    assert first.trace_id != second.trace_id
    assert int(first.flags, 16) & 1


@pytest.mark.parametrize(
    ("states", "carried"),
    [
        (["vendor=value"], "vendor=value"),
        (["a=1,b=2"], "a=1,b=2"),
        (["a=1", "b=2"], "a=1,b=2"),
        (["a=1 , \tb=2,"], "a=1 , \tb=2,"),
        (["tenant@system=x-._~!"], "tenant@system=x-._~!"),
        ([",".join(f"k{n}=v" for n in range(32))], ",".join(f"k{n}=v" for n in range(32))),
    ],
)
def test_a_valid_state_is_carried_on(states: list[str], carried: str) -> None:
    assert outgoing(headers(f"00-{TRACE}-{PARENT}-01", *states))["tracestate"] == carried


@pytest.mark.parametrize(
    "states",
    [
        [""],
        ["a"],
        ["a="],
        ["=1"],
        ["A=1"],
        ["a=1=2"],
        ["a=1,a=2"],
        ["a=1", "a=2"],
        ["a=\x00"],
        ["a=é"],
        ["a b=1"],
        ["tenant@=1"],
        ["k" * 257 + "=1"],
        ["a=" + "v" * 257],
        [f"a={'v' * 250},b={'v' * 250},c={'v' * 50}"],
        [",".join(f"k{n}=v" for n in range(33))],
    ],
)
def test_a_state_that_is_not_valid_or_too_long_is_left_out(states: list[str]) -> None:
    sent = outgoing(headers(f"00-{TRACE}-{PARENT}-01", *states))
    assert sent.keys() == {"traceparent"}
    assert sent["traceparent"].startswith(f"00-{TRACE}-")


def test_outside_of_a_request_there_is_no_trace() -> None:
    assert current_trace() is None
    assert outgoing_headers() == {}
    assert outgoing(headers(f"00-{TRACE}-{PARENT}-01"))
    assert current_trace() is None


def test_requests_at_the_same_time_have_traces_of_their_own() -> None:
    seen: dict[bytes, list[Trace | None]] = {}

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        before = current_trace()
        await asyncio.sleep(0)
        seen[scope["path"]] = [before, current_trace()]

    async def both() -> None:
        traced = TraceContext(app)
        await asyncio.gather(*(traced({"type": "http", "headers": [], "path": path}, app, app) for path in "ab"))

    asyncio.run(both())
    (a, later_a), (b, later_b) = seen.values()
    assert a == later_a
    assert b == later_b
    assert a.trace_id != b.trace_id


@given(
    strategies.lists(strategies.tuples(strategies.sampled_from([b"traceparent", b"tracestate"]), strategies.binary()))
)
def test_whatever_arrives_what_is_sent_on_is_valid(incoming: Headers) -> None:
    assert VALID.fullmatch(outgoing(incoming)["traceparent"])


def test_what_the_application_does_not_accept_is_not_carried_on() -> None:
    incoming = [*headers(f"00-{TRACE}-{PARENT}-01"), (b"tracestate", b"vendor=1")]
    assert trace_of(incoming, lambda text: text != TRACE).trace_id != TRACE
    kept = trace_of(incoming, lambda text: "vendor" not in text)
    assert (kept.trace_id, kept.state) == (TRACE, "")


def test_no_identifier_is_taken_for_a_card_number() -> None:
    for _ in range(2000):
        trace = trace_of([])
        assert not may_hide_card(trace.trace_id)
        assert not may_hide_card(trace.span_id)
