"""Each profile shows who was busy, who waits and who allocated; ``go tool pprof`` opens it."""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import shutil
import subprocess
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_service.debug.cpu import cpu_profile, share
from payment_service.debug.heap import heap_profile, memory_notes, take_census, type_profile
from payment_service.debug.pprof import encode
from payment_service.debug.profile import Frame, Profile, Sample, Stack, ValueType
from payment_service.debug.server import DebugServer
from payment_service.debug.tasks import routine_profile, routines
from payment_service.debug.text import render, render_routines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

NEVER = threading.Event()
CARD = "4111111111111111"


def go_tool_pprof(*arguments: str, directory: Path) -> str:
    go = shutil.which("go")
    assert go, "these tests need Go's pprof: tests/servers.sh installs it"
    offline = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOPROXY": "off", "PPROF_TMPDIR": str(directory)}
    finished = subprocess.run(
        [go, "tool", "pprof", "-symbolize=none", *arguments],
        env={**os.environ, **offline},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def top(profile: Profile, directory: Path) -> str:
    file = directory / "profile.pb.gz"
    file.write_bytes(encode(profile, sys.executable))
    return go_tool_pprof("-top", str(file), directory=directory)


@contextmanager
def busy_with(work: Callable[[threading.Event], None]) -> Iterator[threading.Event]:
    done = threading.Event()
    thread = threading.Thread(target=work, args=(done,))
    thread.start()
    try:
        yield done
    finally:
        done.set()
        thread.join(30)


def calculate(done: threading.Event) -> None:
    while not done.is_set():
        sum(number * number for number in range(20_000))


def wait_idly(done: threading.Event) -> None:
    done.wait(60)


def hoard(done: threading.Event) -> None:
    kept = []
    while not done.wait(0.01):
        kept.append(bytearray(10_000))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop at work in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    asyncio.run_coroutine_threadsafe(cancel_all(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


async def cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def capture_payment(card: str) -> None:
    secret = f"card {card}"
    await ask_gateway()
    assert secret


async def ask_gateway() -> None:
    async for _ in answers():
        pass


async def answers() -> AsyncIterator[int]:
    await asyncio.Event().wait()
    yield 1


async def serve_short_requests() -> None:
    while True:
        handle_request()
        await asyncio.sleep(0)


def handle_request() -> None:
    sum(number * number for number in range(10_000))


async def start(work: Callable[[], Coroutine[Any, Any, None]], count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(work(), name=CARD) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


def begin(
    loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, None]], count: int = 1
) -> list[asyncio.Task[None]]:
    return asyncio.run_coroutine_threadsafe(start(work, count), loop).result(30)


def function_names(sample: Sample) -> list[str]:
    return [frame.function.rpartition(".")[2] for frame in sample.stack]


def test_the_cpu_profile_shows_the_busy_and_not_the_waiting(tmp_path: Path) -> None:
    with busy_with(calculate), busy_with(wait_idly):
        profile = cpu_profile(1, NEVER)
    shown = top(profile, tmp_path)
    assert "calculate" in shown
    assert "wait_idly" not in shown
    assert "Type: cpu" in shown
    assert "calculate" in render(profile)


def test_a_thread_that_mostly_sleeps_shows_what_it_does_when_it_does_not() -> None:
    def nap() -> None:
        time.sleep(0.004)

    def work() -> None:
        sum(number * number for number in range(20_000))

    def work_and_nap(done: threading.Event) -> None:
        while not done.is_set():
            work()
            nap()

    with busy_with(work_and_nap):
        profile = cpu_profile(2, NEVER)
    napping = sum(sample.values[1] for sample in profile.samples if "nap" in function_names(sample))
    assert napping < sum(sample.values[1] for sample in profile.samples) / 2


def test_an_event_loop_with_short_steps_shows_its_work_rather_than_its_select(loop: asyncio.AbstractEventLoop) -> None:
    begin(loop, serve_short_requests)
    profile = cpu_profile(2, NEVER)
    work, everything = (
        sum(sample.values[1] for sample in profile.samples if name in function_names(sample))
        for name in ("handle_request", "run_forever")
    )
    assert work > everything / 2


def test_threads_that_come_and_go_disturb_no_cpu_profile() -> None:
    def breed(done: threading.Event) -> None:
        while not done.is_set():
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(sum, [range(50_000)] * 3))

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    gc.collect()  # what other tests have left open would be closed meanwhile
    files = open_files()
    with busy_with(breed):
        profile = cpu_profile(1, NEVER)
    assert sum(sample.values[1] for sample in profile.samples) > 0
    assert open_files() <= files
    assert sys.getswitchinterval() == pytest.approx(0.005)


@given(total=st.integers(0, 10**12), counts=st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_the_shares_of_a_threads_time_add_up_to_it(total: int, counts: list[int]) -> None:
    stacks: dict[Stack, int] = {(Frame("f", "f.py", line),): count for line, count in enumerate(counts)}
    parts = share(total, stacks)
    assert sum(parts.values()) == total
    for stack, count in stacks.items():
        assert abs(parts[stack] - total * count / sum(counts)) <= 1


def test_tasks_that_wait_at_the_same_place_are_counted_with_all_that_they_await(
    loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    begin(loop, lambda: capture_payment(CARD), count=5)
    found = routines(loop)
    profile = routine_profile(found)
    waiting = next(sample for sample in profile.samples if "capture_payment" in function_names(sample))
    assert waiting.values == (5,)
    assert waiting.labels == (("kind", "task"), ("state", "waiting for Future"))
    assert function_names(waiting) == ["wait", "answers", "ask_gateway", "capture_payment"]
    text = render(profile)
    assert text.startswith(f"goroutine profile: total {len(found)}\n")
    assert "5 @ kind='task'" in text
    assert render_routines(found).count("capture_payment(...)\n\t") == 5
    shown = top(profile, tmp_path)
    assert "capture_payment" in shown
    assert "Type: goroutine" in shown


def test_a_loop_that_is_blocked_shows_where(loop: asyncio.AbstractEventLoop) -> None:
    entered, released = threading.Event(), threading.Event()

    async def charge() -> None:
        wait_for_the_bank()

    def wait_for_the_bank() -> None:
        entered.set()
        released.wait(60)

    asyncio.run_coroutine_threadsafe(charge(), loop)
    try:
        assert entered.wait(30)
        found = routines(loop)
    finally:
        released.set()
    blocked = [routine for routine in found if any("wait_for_the_bank" in frame.function for frame in routine.stack)]
    assert sorted(routine.kind for routine in blocked) == ["task", "thread"]
    assert {routine.state for routine in blocked if routine.kind == "task"} == {"running"}


def test_the_heap_profile_shows_who_allocates(tmp_path: Path) -> None:
    with busy_with(hoard):
        profile = heap_profile(1, 8, NEVER)
    assert not tracemalloc.is_tracing()
    shown = top(profile, tmp_path)
    assert "hoard" in shown
    assert "Type: inuse_space" in shown
    assert "allocated within 1 s" in render(profile)


def test_where_tracemalloc_traces_already_all_that_it_knows_is_shown() -> None:
    tracemalloc.start(3)
    try:
        kept = [bytearray(1000) for _ in range(1000)]
        profile = heap_profile(60, 8, NEVER)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    mine = next(
        sample
        for sample in profile.samples
        if sample.stack[0].file == __file__ and sample.values[1] >= len(kept) * 1000
    )
    assert function_names(mine)[0] == "test_where_tracemalloc_traces_already_all_that_it_knows_is_shown"
    assert "since tracemalloc was switched on" in render(profile)


def test_objects_are_counted_by_type(tmp_path: Path) -> None:
    class Receipt:
        pass

    kept = [Receipt() for _ in range(50_000)]
    census = take_census()
    count = next(count for name, count, _ in census.types if name.endswith(".Receipt"))
    assert count == len(kept)
    notes = "\n".join(memory_notes(census))
    assert "Receipt" in notes
    assert "VmRSS: " in notes
    assert "Receipt" in top(type_profile(census), tmp_path)


def test_values_of_variables_are_in_no_profile(loop: asyncio.AbstractEventLoop) -> None:
    begin(loop, lambda: capture_payment(CARD))

    def hold(done: threading.Event) -> None:
        threading.current_thread().name = number = CARD
        held = [number + str(place) for place in range(1000)]
        while not done.is_set():
            held.append(number + str(len(held)))
        assert held

    with busy_with(hold):
        found = routines(loop)
        profiles = [
            cpu_profile(1, NEVER),
            heap_profile(1, 8, NEVER),
            routine_profile(found),
            type_profile(take_census()),
        ]
    texts = [*map(render, profiles), render_routines(found), "\n".join(memory_notes(take_census()))]
    for body in [*(text.encode() for text in texts), *(gzip.decompress(encode(each, "python")) for each in profiles)]:
        assert b"hold" in body or b"capture_payment" in body or b"builtins.dict" in body
        assert CARD.encode() not in body


def test_the_format_keeps_numbers_labels_and_odd_names(tmp_path: Path) -> None:
    inner, outer = Frame("shop.<locals>.<lambda>", "a b.py", 7, 5), Frame("maß\udcff", "c.py", 300, 299)
    profile = Profile(
        headline="",
        sample_types=(ValueType("objects", "count"), ValueType("space", "bytes")),
        samples=(Sample((inner, outer), (3, 2**40), (("kind", "task"),)), Sample((outer,), (1, -5))),
        started=1_700_000_000_000_000_000,
        duration=2_000_000_000,
        period_type=ValueType("space", "bytes"),
        period=512,
        comments=("first", "second"),
    )
    file = tmp_path / "odd.pb.gz"
    file.write_bytes(encode(profile, "/usr/bin/python"))
    raw = go_tool_pprof("-raw", str(file), directory=tmp_path)
    for expected in (
        "PeriodType: space bytes",
        "Period: 512",
        "objects/count space/bytes[dflt]",
        f"3 {2**40}: 1 2",
        "kind:[task]",
        "1         -5: 2",
        "shop.<locals>.<lambda> a b.py:7",
        r"maß\udcff c.py:300",
        "first",
        "second",
        "/usr/bin/python",
    ):
        assert expected in raw, raw
    assert encode(profile, "/usr/bin/python") == file.read_bytes()


def test_the_tool_takes_profiles_from_the_port_itself(loop: asyncio.AbstractEventLoop, tmp_path: Path) -> None:
    begin(loop, serve_short_requests)
    with DebugServer(0, loop) as server:
        url = f"http://localhost:{server.port}/debug/pprof"
        assert "handle_request" in go_tool_pprof("-top", f"{url}/profile?seconds=1", directory=tmp_path)
        assert "serve_short_requests" in go_tool_pprof("-top", f"{url}/goroutine", directory=tmp_path)
        assert "Type: inuse_space" in go_tool_pprof("-top", f"{url}/heap?seconds=1", directory=tmp_path)


def test_a_profile_is_cut_short_when_the_service_stops() -> None:
    stopping = threading.Event()
    stopping.set()
    profiles = cpu_profile(3600, stopping), heap_profile(3600, 8, stopping)
    assert all(profile.duration < 3600 * 10**9 for profile in profiles)
