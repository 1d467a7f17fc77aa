"""How often Prometheus scrapes and evaluates, and what one server is too small for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from payment_catalog.durations import Duration
from payment_catalog.sends import Sends
from payment_catalog.settings.reserved_labels import RESERVED_LABELS
from payment_catalog.settings.section import Section, UnsoundError
from payment_catalog.settings.texts import FilePath, LabelName, Target, Url


class Scraping(Section):
    """How often Prometheus scrapes and evaluates."""

    interval: Duration = timedelta(seconds=15)
    """Between two scrapes of a target; a rate's window of 5m must hold at least four."""
    timeout: Duration = timedelta(seconds=10)
    """After which a scrape is given up; at most the interval."""
    evaluation_interval: Duration = timedelta(seconds=15)
    """Between two evaluations of a rule group."""
    alertmanagers: tuple[Target, ...] = Field(default=("alertmanager:9093",), min_length=1)
    """``host:port`` of each Alertmanager; several are one cluster."""
    prometheus: tuple[Target, ...] = Field(default=("localhost:9090",), min_length=1)
    """``host:port`` of Prometheus itself, and of others that watch the same."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.timeout > self.interval:
            raise UnsoundError(("timeout",), "is longer than interval")
        if self.interval * 4 > timedelta(minutes=5):
            raise UnsoundError(("interval",), "is above 75s: a window of 5m would hold fewer than four scrapes")
        return self


class RemoteWrite(Section):
    """A store of series that takes Prometheus' remote write: VictoriaMetrics, Mimir, Thanos Receive, Prometheus."""

    url: Url
    """Where samples are sent to, with its path, without credentials."""
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,150}$")] | None = None
    """Sent as ``X-Scope-OrgID``, which Mimir and Cortex tell tenants by; without one the header is left out."""
    token_file: FilePath | None = None
    """File with a bearer token, as Prometheus sees it; without one the store asks for none."""
    sends: Sends = Sends.DECLARED
    """Which series are sent."""


class Scaling(Section):
    """What one Prometheus server is too small for."""

    shards: int = Field(default=1, ge=1, le=1000)
    """Prometheus servers or agents that share the targets; each target is scraped by one of them."""
    replica_label: LabelName | None = None
    """Label that tells two servers with the same targets apart, by their host names; alerts are sent without it."""
    remote_write: RemoteWrite | None = None
    """Where series are sent to; without one they stay where they are scraped."""

    @field_validator("replica_label")
    @classmethod
    def _replica_label_is_free(cls, name: str | None) -> str | None:
        if name in RESERVED_LABELS:
            raise UnsoundError((), f"'{name}' is a label of the bundle's own; choose another name")
        return name
