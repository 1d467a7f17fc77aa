"""Work on the services of a fleet, by one process or several: first how alike ones are made, then the making."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from payment_bundle.fleet.making import FEWEST, Model, Service, alike, model_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

DoneT = TypeVar("DoneT")

#: Services that a process works on between two reports.
_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Group:
    """Services that are alike, and how they are made."""

    services: tuple[Service, ...]
    model: Model


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
                group = Group(alone, model_of(alone))
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
                    portions.extend(_portions(Group(modelled.pop(future), future.result())))
                else:
                    yield worked.pop(future), future.result()


def _portions(group: Group) -> Iterator[Group]:
    for start in range(0, len(group.services), _AT_ONCE):
        yield Group(group.services[start : start + _AT_ONCE], group.model)


def _worked(work: Callable[[Service, Model], DoneT], group: Group) -> tuple[DoneT, ...]:
    return tuple(work(service, group.model) for service in group.services)


def _ignore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
