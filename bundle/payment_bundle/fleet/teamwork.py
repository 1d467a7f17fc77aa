"""Work on the services of a fleet, by one process or several: first how alike ones are made, then the making."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from payment_bundle.fleet.making import FEWEST, Model, Service, alike, model_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

DoneT = TypeVar("DoneT")

#: Services that a process makes of a template between two reports; without one, each takes as long.
_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Group:
    """Services that are alike, how they are made, and the path of the first of all that are so."""

    services: tuple[Service, ...]
    model: Model
    first: str


class Team:
    """Does work in this process, or in ``jobs`` others, which Ctrl-C lets finish what they have begun."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Team:
        """Start the processes, before anything else starts threads."""
        if self._jobs > 1:
            context = multiprocessing.get_context("fork")
            self._pool = ProcessPoolExecutor(self._jobs, context, _ignore_ctrl_c)
            self._pool.submit(int).result()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the processes end what they are at, and nothing else."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, function: Callable[[str], DoneT], arguments: Sequence[str]) -> Iterator[DoneT]:
        """Return what ``function`` makes of each of the arguments, in their order."""
        if self._pool is None:
            return map(function, arguments)
        return self._pool.map(function, arguments, chunksize=_AT_ONCE)

    def each(
        self, services: Iterable[Service], work: Callable[[Service, Model], DoneT]
    ) -> Iterator[tuple[Group, tuple[DoneT, ...]]]:
        """Do ``work`` for each service, and yield what came of it, some services of one group at a time."""
        groups = alike(services)
        if self._pool is None:
            for alone in groups:
                group = _group(alone, model_of(alone))
                for some in _portions(group):
                    yield some, _worked(work, some)
        else:
            yield from self._together(self._pool, groups, work)

    def _together(
        self, pool: ProcessPoolExecutor, groups: Sequence[tuple[Service, ...]], work: Callable[[Service, Model], DoneT]
    ) -> Iterator[tuple[Group, tuple[DoneT, ...]]]:
        """Keep the processes busy with little more than they can do, since each template that waits takes memory."""
        waiting = deque(groups)
        portions: deque[Group] = deque()
        modelled: dict[Future[Any], tuple[Service, ...]] = {}
        worked: dict[Future[Any], Group] = {}
        while waiting or portions or modelled or worked:
            while len(modelled) + len(worked) < self._jobs + 1 and (portions or waiting):
                if portions:
                    some = portions.popleft()
                    worked[pool.submit(_worked, work, some)] = some
                else:
                    alone = waiting.popleft()
                    modelled[pool.submit(model_of, alone[:FEWEST])] = alone
            done, _ = wait((*modelled, *worked), return_when=FIRST_COMPLETED)
            for future in done:
                if future in modelled:
                    portions.extend(_portions(_group(modelled.pop(future), future.result())))
                else:
                    yield worked.pop(future), future.result()


def _group(services: tuple[Service, ...], model: Model) -> Group:
    return Group(services, model, services[0].path)


def _portions(group: Group) -> Iterator[Group]:
    size = _AT_ONCE if group.model.template else 1
    for start in range(0, len(group.services), size):
        yield replace(group, services=group.services[start : start + size])


def _worked(work: Callable[[Service, Model], DoneT], group: Group) -> tuple[DoneT, ...]:
    return tuple(work(service, group.model) for service in group.services)


def _ignore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
