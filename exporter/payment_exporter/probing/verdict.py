"""What an answer means: whether all is well, and what a readiness report says. Nothing in an answer is trusted."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from payment_catalog.vocabulary import Dependency, ProbeEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_exporter.probing.http_probe import Answer

#: The service sends its report with both.
_REPORTING = frozenset({HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE})


def problem(endpoint: ProbeEndpoint, answer: Answer) -> str:
    """Return why the probe failed, or nothing when all is well.

    The service's checks are well with a whole answer of status 200. The gateway is reachable when it answers
    anything below 500, whole or not.
    """
    if endpoint is ProbeEndpoint.GATEWAY:
        reached = 0 < answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return "" if reached else f"status {answer.status}" if answer.status else answer.problem
    if answer.problem or answer.status == HTTPStatus.OK:
        return answer.problem
    return f"status {answer.status}"


def dependencies(answer: Answer) -> Mapping[Dependency, bool]:
    """Return which dependencies the readiness report says are up: ``{"checks": {"database": {"up": true}}}``.

    What is not declared or not of that shape is left out; without a readable report nothing is left.
    """
    if answer.problem or answer.status not in _REPORTING:
        return {}
    try:
        report = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    checks = _member(report, "checks")
    found = {dependency: _member(_member(checks, dependency.value), "up") for dependency in Dependency}
    return {dependency: up for dependency, up in found.items() if isinstance(up, bool)}


def _member(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None
