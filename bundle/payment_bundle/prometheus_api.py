"""The few questions that commands ask a Prometheus."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import requests

from payment_catalog.errors import ForeseenError

_TIMEOUT = 10.0
#: Characters. Proxies refuse addresses of 8 KB and more, and some characters take three bytes there.
_LONG = 2000


class PrometheusError(ForeseenError):
    """Prometheus did not answer, or refused the question."""


class UnreachableError(PrometheusError):
    """Nothing answers at Prometheus' address."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector; ``text`` is the value as Prometheus wrote it."""

    labels: dict[str, str]
    text: str

    @property
    def value(self) -> float:
        """The value as a number."""
        return float(self.text)

    @property
    def exact(self) -> Decimal:
        """The value without a binary fraction's error, for money."""
        return Decimal(self.text)


@dataclass(frozen=True, slots=True)
class Series:
    """One element of a range vector: its labels, and the times at which it has a value."""

    labels: dict[str, str]
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class PrometheusApi:
    """A Prometheus at ``url``; ``token`` is sent as bearer, and appears in no error."""

    url: str
    token: str = field(default="", repr=False)
    timeout: float = _TIMEOUT
    session: requests.Session | None = field(default=None, repr=False, compare=False)

    def query(self, expression: str, at: datetime | None = None) -> tuple[Sample, ...]:
        """Return the instant vector (or the scalar, as one sample) of ``expression``, now or ``at`` a time."""
        time = {"time": _moment(at)} if at else {}
        data = self.get("query", {"query": expression, **time})
        if data["resultType"] == "scalar":
            return (Sample({}, str(data["result"][1])),)
        return tuple(Sample(dict(item["metric"]), str(item["value"][1])) for item in data["result"])

    def query_range(self, expression: str, start: datetime, end: datetime, step: timedelta) -> tuple[Series, ...]:
        """Return where ``expression`` has values from ``start`` to ``end``, looked at every ``step``."""
        parameters = {
            "query": expression,
            "start": _moment(start),
            "end": _moment(end),
            "step": f"{step.total_seconds():.3f}",
        }
        data = self.get("query_range", parameters)
        return tuple(
            Series(dict(item["metric"]), tuple(datetime.fromtimestamp(at, UTC) for at, _ in item["values"]))
            for item in data["result"]
        )

    def value(self, expression: str) -> float | None:
        """Return the single value of ``expression``, ``None`` where it has none."""
        samples = self.query(expression)
        return samples[0].value if samples else None

    def firing(self) -> tuple[str, ...]:
        """Return the names of the alerts that fire now."""
        alerts = self.get("alerts", {})["alerts"]
        return tuple(sorted({alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}))

    def get(self, path: str, parameters: dict[str, str]) -> Any:
        """Return the ``data`` of the answer of ``/api/v1/<path>``; raises PrometheusError.

        Parameters that are too long for the address of a request are sent in its body.
        """
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            too_long = sum(map(len, parameters.values())) > _LONG
            response = (self.session or requests).request(
                "POST" if too_long else "GET",
                f"{self.url}/api/v1/{path}",
                params=None if too_long else parameters,
                data=parameters if too_long else None,
                headers=headers,
                timeout=self.timeout,
            )
        except requests.ConnectionError as error:
            raise UnreachableError(f"{self.url}: cannot be reached: {_reason(error)}") from None
        except requests.Timeout:
            raise PrometheusError(f"{self.url}: did not answer within {self.timeout:.0f} s") from None
        except requests.RequestException as error:
            raise PrometheusError(f"{self.url}: {error}") from None
        try:
            answer = orjson.loads(response.content)
        except ValueError:
            raise PrometheusError(
                f"{self.url}: answered {response.status_code} {response.reason} with something that is not "
                "Prometheus' JSON; is the address right, and is there a login before it?"
            ) from None
        if not isinstance(answer, dict) or answer.get("status") != "success":
            reason = answer.get("error") if isinstance(answer, dict) else None
            raise PrometheusError(f"{self.url}: answered {response.status_code}: {reason or 'no reason given'}")
        return answer["data"]


def _reason(error: requests.ConnectionError) -> str:
    """Return the last part of what urllib3 says, such as ``[Errno 111] Connection refused``."""
    cause = error.args[0] if error.args else error
    return str(getattr(cause, "reason", cause)).rsplit(": ", 1)[-1]


def _moment(at: datetime) -> str:
    return f"{at.timestamp():.3f}"
