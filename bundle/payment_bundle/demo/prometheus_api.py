"""The few questions that the demo and the checks ask a Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from payment_catalog.errors import ForeseenError

_TIMEOUT = 10.0


class PrometheusError(ForeseenError):
    """Prometheus did not answer, or refused the question."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class PrometheusApi:
    """A Prometheus at ``url``."""

    url: str

    def query(self, expression: str) -> tuple[Sample, ...]:
        """Return the instant vector (or the scalar, as one sample) of ``expression`` now."""
        data = self._get("query", {"query": expression})
        if data["resultType"] == "scalar":
            return (Sample({}, float(data["result"][1])),)
        return tuple(Sample(dict(item["metric"]), float(item["value"][1])) for item in data["result"])

    def value(self, expression: str) -> float | None:
        """Return the single value of ``expression``, ``None`` where it has none."""
        samples = self.query(expression)
        return samples[0].value if samples else None

    def firing(self) -> tuple[str, ...]:
        """Return the names of the alerts that fire now."""
        alerts = self._get("alerts", {})["alerts"]
        return tuple(sorted({alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}))

    def _get(self, path: str, parameters: dict[str, str]) -> Any:
        try:
            response = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=_TIMEOUT)
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            raise PrometheusError(f"{self.url}: {error}") from None
        if answer.get("status") != "success":
            raise PrometheusError(f"{self.url}: {answer.get('error', 'no answer')}")
        return answer["data"]
