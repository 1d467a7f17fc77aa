"""What the debug port answers: paths and parameters are those of Go's net/http/pprof."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError
from payment_service.debug.cpu import cpu_profile, is_available
from payment_service.debug.heap import heap_profile, memory_notes, take_census, type_profile
from payment_service.debug.pprof import encode
from payment_service.debug.query import BadQueryError, Parameter, parse_query, quote
from payment_service.debug.tasks import routine_profile, routines
from payment_service.debug.text import render, render_routines

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Mapping

    from payment_service.debug.profile import Profile

ROOT = "/debug/pprof/"
MAX_SECONDS = 60
TEXT = "text/plain; charset=utf-8"
_STACKS_SHOWN = 100
_DEBUG = Parameter("debug", 0, 1, default=0)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; ``filename`` is set when it is a file to save."""

    status: HTTPStatus
    content_type: str
    body: bytes
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class _Endpoint:
    name: str
    description: str
    parameters: tuple[Parameter, ...]
    answer: Callable[[Mapping[str, int]], Answer]


class _UnavailableError(ForeseenError):
    """A profile that cannot be taken now or on this system."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Endpoints:
    """Answers for one process and its event loop; ``stopping`` cuts profiles short."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stopping: threading.Event) -> None:
        self._loop = loop
        self._stopping = stopping
        self._sampling = threading.Lock()
        self._tracing = threading.Lock()
        endpoints = (
            _Endpoint(
                "goroutine",
                "asyncio tasks and threads with their stacks; debug=2 lists each by itself",
                (Parameter("debug", 0, 2, default=0),),
                self._goroutine,
            ),
            _Endpoint(
                "heap",
                "memory that was allocated and not freed while tracemalloc traced, by default for 2 seconds, in which "
                "the process runs several times slower; seconds=0 traces nothing and counts objects by type",
                (
                    Parameter("seconds", 0, MAX_SECONDS, default=2),
                    Parameter("depth", 1, 25, default=8),
                    _DEBUG,
                ),
                self._heap,
            ),
            _Endpoint(
                "profile",
                "CPU time by stack, sampled by default for 30 seconds",
                (Parameter("seconds", 1, MAX_SECONDS, default=30), _DEBUG),
                self._profile,
            ),
        )
        self._endpoints = {ROOT + endpoint.name: endpoint for endpoint in endpoints}

    def answer(self, path: str, query: str) -> Answer:
        """Return the answer to a GET request; takes as long as the profile."""
        if path in {ROOT, ROOT.rstrip("/")}:
            return Answer(HTTPStatus.OK, "text/html; charset=utf-8", self._index().encode())
        endpoint = self._endpoints.get(path)
        if endpoint is None:
            return refusal(HTTPStatus.NOT_FOUND, f"{quote(path)} is not here; {ROOT} lists what is")
        try:
            return endpoint.answer(parse_query(query, endpoint.parameters))
        except BadQueryError as error:
            return refusal(HTTPStatus.BAD_REQUEST, str(error))
        except _UnavailableError as error:
            return refusal(error.status, str(error))

    def _index(self) -> str:
        items = "".join(
            f'<li><a href="{path}?debug=1">{endpoint.name}</a>: {endpoint.description}; '
            f"parameters: {', '.join(f'{each.name} {each.least} to {each.most}' for each in endpoint.parameters)}</li>"
            for path, endpoint in self._endpoints.items()
        )
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Debug port</title></head><body>'
            "<h1>Profiles</h1><p>Without <code>debug</code> each is a file for <code>go tool pprof</code>.</p>"
            f"<ul>{items}</ul></body></html>\n"
        )

    def _goroutine(self, parameters: Mapping[str, int]) -> Answer:
        found = routines(self._loop)
        if parameters["debug"] == 2:
            return _text(render_routines(found))
        profile = routine_profile(found)
        return _text(render(profile)) if parameters["debug"] else _file(profile, "goroutine")

    def _heap(self, parameters: Mapping[str, int]) -> Answer:
        seconds, depth = parameters["seconds"], parameters["depth"]
        with _alone(self._tracing, "heap"):
            profile = heap_profile(seconds, depth, self._stopping) if seconds else type_profile(take_census())
            if not parameters["debug"]:
                return _file(profile, "heap")
            return _text(render(profile, limit=_STACKS_SHOWN, notes=memory_notes(take_census())))

    def _profile(self, parameters: Mapping[str, int]) -> Answer:
        if not is_available():
            raise _UnavailableError(HTTPStatus.NOT_IMPLEMENTED, "the CPU profile needs Linux and its /proc")
        with _alone(self._sampling, "CPU"):
            profile = cpu_profile(parameters["seconds"], self._stopping)
        return _text(render(profile, limit=_STACKS_SHOWN)) if parameters["debug"] else _file(profile, "profile")


def refusal(status: HTTPStatus, message: str) -> Answer:
    """Return an answer of one line."""
    return Answer(status, TEXT, f"{message}\n".encode())


@contextmanager
def _alone(lock: threading.Lock, name: str) -> Iterator[None]:
    if not lock.acquire(blocking=False):
        raise _UnavailableError(HTTPStatus.SERVICE_UNAVAILABLE, f"another {name} profile is being taken; ask again")
    try:
        yield
    finally:
        lock.release()


def _text(text: str) -> Answer:
    return Answer(HTTPStatus.OK, TEXT, text.encode("utf-8", "backslashreplace"))


def _file(profile: Profile, name: str) -> Answer:
    return Answer(HTTPStatus.OK, "application/octet-stream", encode(profile, sys.executable), f"{name}.pb.gz")
