"""Asks services and the gateway side by side, and makes series of their answers.

Everything happens on an event loop that lives for one call: a hundred targets that hang cost no thread, and each is
given up exactly when its time is over, however slowly it drips.
"""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import httpcore

from payment_catalog.exporter_metrics import probe as metrics
from payment_catalog.exposition import family
from payment_catalog.vocabulary import ProbeEndpoint
from payment_exporter.probing import verdict
from payment_exporter.probing.certificates import earliest_expiry
from payment_exporter.probing.failure_log import FailureLog
from payment_exporter.probing.http_probe import Answer, fetch, reason
from payment_exporter.probing.targets import allowed_origins, configured_target, listed_targets

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence

    from prometheus_client.core import Metric as MetricFamily

    from payment_exporter.configuration import Probe
    from payment_exporter.probing.targets import ServiceTarget

    ResultT = TypeVar("ResultT")

#: Names that are looked up at once. A lookup cannot be given up: a thread stays with it until the resolver does.
_LOOKUPS = 100


@dataclass(frozen=True, slots=True)
class Question:
    """A request to be made."""

    target: ServiceTarget
    endpoint: ProbeEndpoint

    @property
    def url(self) -> str:
        """Return the address of the endpoint; the gateway is asked where it is configured."""
        return self.target.url if self.endpoint is ProbeEndpoint.GATEWAY else f"{self.target.url}/{self.endpoint}"


class Prober:
    """Probes targets; may be used from several threads at once.

    ``gateway`` is its address; without one it is not probed. Raises ForeseenError for an address in the configuration
    with an impossible host or port. Authorities are read from ``ca_file`` at each use; when that fails, no
    certificate is trusted.
    """

    def __init__(self, configuration: Probe, gateway: str | None) -> None:
        self._ca_file = configuration.ca_file
        self._failures = FailureLog()
        self._questions = [question for target in listed_targets(configuration) for question in _checks(target)]
        if gateway is not None:
            self._questions.append(Question(configured_target(gateway, "gateway"), ProbeEndpoint.GATEWAY))
        allowed_origins(configuration)

    def probe(self, target: ServiceTarget, limit: float) -> list[MetricFamily]:
        """Ask one service for its health and its readiness, and read its certificates, within ``limit`` seconds."""
        return self._probe(_checks(target), limit)

    def probe_configured(self, limit: float) -> list[MetricFamily]:
        """Probe every configured service and the gateway, all within the same ``limit`` seconds."""
        return self._probe(self._questions, limit)

    def _probe(self, questions: Sequence[Question], limit: float) -> list[MetricFamily]:
        encrypted = {question.target: None for question in questions if question.target.scheme == "https"}
        context = self._context() if encrypted else None
        answers, expiries = _run(self._ask(questions, tuple(encrypted), context, limit))
        problems = [verdict.problem(question.endpoint, answer) for question, answer in answers]
        for (question, _), problem in zip(answers, problems, strict=True):
            self._failures.note(question.target.url, question.endpoint, problem)
        return [*_figures(answers, problems), *_dependencies(answers), *_expiries(expiries)]

    async def _ask(
        self,
        questions: Sequence[Question],
        encrypted: Sequence[ServiceTarget],
        context: ssl.SSLContext | None,
        limit: float,
    ) -> tuple[list[tuple[Question, Answer]], list[tuple[ServiceTarget, float | None]]]:
        pool = httpcore.AsyncConnectionPool(context, max_connections=None, max_keepalive_connections=0)
        async with pool, asyncio.TaskGroup() as group:
            answers = [group.create_task(fetch(pool, question.url, limit)) for question in questions]
            expiries = [group.create_task(self._expiry(target, limit)) for target in encrypted]
        return (
            [(question, task.result()) for question, task in zip(questions, answers, strict=True)],
            [(target, task.result()) for target, task in zip(encrypted, expiries, strict=True)],
        )

    async def _expiry(self, target: ServiceTarget, limit: float) -> float | None:
        expiry, problem = None, ""
        try:
            async with asyncio.timeout(limit):
                expiry = await earliest_expiry(target)
        except OSError:
            return None  # There was no handshake: the requests beside this one find the same, and say so.
        except Exception as error:
            problem = reason(error)
        self._failures.note(target.url, "certificate", problem)
        return expiry

    def _context(self) -> ssl.SSLContext:
        try:
            context, problem = ssl.create_default_context(cafile=self._ca_file), ""
        except OSError as error:
            context, problem = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), reason(error)
        self._failures.note(self._ca_file or "the system's authorities", "ca_file", problem)
        return context


def _checks(target: ServiceTarget) -> list[Question]:
    return [Question(target, ProbeEndpoint.HEALTH), Question(target, ProbeEndpoint.READY)]


class _Lookups(ThreadPoolExecutor):
    """Looks names up in threads. asyncio would wait for those that were given up; here they end by themselves."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more names."""
        del wait, cancel_futures
        super().shutdown(wait=False, cancel_futures=True)


def _run(coroutine: Coroutine[None, None, ResultT]) -> ResultT:
    """Run to the end on a new event loop."""
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_Lookups(_LOOKUPS, thread_name_prefix="lookup"))
        return runner.run(coroutine)


def _figures(answers: Sequence[tuple[Question, Answer]], problems: Sequence[str]) -> Iterable[MetricFamily]:
    found = {
        (question.target.url, question.endpoint.value): (not problem, answer)
        for (question, answer), problem in zip(answers, problems, strict=True)
    }
    return (
        family(metrics.SUCCESS, {labels: success for labels, (success, _) in found.items()}),
        family(metrics.DURATION, {labels: answer.duration for labels, (_, answer) in found.items()}),
        family(metrics.HTTP_STATUS_CODE, {labels: answer.status for labels, (_, answer) in found.items()}),
    )


def _dependencies(answers: Sequence[tuple[Question, Answer]]) -> Iterable[MetricFamily]:
    found = {
        (question.target.url, dependency.value): up
        for question, answer in answers
        if question.endpoint is ProbeEndpoint.READY
        for dependency, up in verdict.dependencies(answer).items()
    }
    return [family(metrics.DEPENDENCY_UP, found)] if found else []


def _expiries(expiries: Sequence[tuple[ServiceTarget, float | None]]) -> Iterable[MetricFamily]:
    found = {(target.url,): expiry for target, expiry in expiries if expiry is not None}
    return [family(metrics.TLS_EXPIRY, found)] if found else []
