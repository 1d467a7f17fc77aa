"""What the service says of itself, and what a client finds at its address: readiness, dependencies, certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import service_metrics as metrics
from payment_catalog.exporter_metrics import probe
from payment_catalog.signal import Query
from payment_catalog.signals import exporter_job, service_job
from payment_catalog.thresholds import Unit
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.states import States
from payment_dashboards.states import ANSWERS, READY

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit
    from payment_dashboards.panels.panel import Panel

_PROBED = f"{probe.TARGET.name}, {probe.ENDPOINT.name}"
_LEGEND = f"{{{{{probe.ENDPOINT.name}}}}} {{{{{probe.TARGET.name}}}}}"
#: These series are of the exporter's instance.
_ASKED_BY = "It is the exporter that asks: choose all instances to see it."


def outside(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on readiness and probes."""
    return readiness(kit), dependencies(kit), probes(kit), probe_durations(kit), certificates(kit)


def readiness(kit: Kit) -> States:
    """Return which instances are ready."""
    return States(
        title="Readiness of each instance",
        description="Whether the instance's /ready answers 200. What is not ready gets no requests.",
        queries=(Query(f"min by (instance) ({metrics.READY}{{{service_job(kit.settings)}}})", "{{instance}}"),),
        links=kit.runbooks("ServiceNotReady"),
        states=READY,
        width=12,
    )


def dependencies(kit: Kit) -> States:
    """Return which dependencies answer the service."""
    up = f"{metrics.DEPENDENCY_UP}{{{service_job(kit.settings)}}}"
    return States(
        title="Dependencies, as the service finds them",
        description="Whether each dependency answered the last check of every instance.",
        queries=(Query(f"min by (dependency) ({up})", "{{dependency}}"),),
        links=kit.runbooks("ServiceNotReady"),
        states=ANSWERS,
        width=12,
    )


def probes(kit: Kit) -> States:
    """Return which addresses answer the exporter."""
    success = f"{probe.SUCCESS}{{{exporter_job(kit.settings)}}}"
    return States(
        title="Addresses, as a client finds them",
        description="Whether the exporter gets a good answer from the service's addresses and from the gateway; of "
        f"several exporters, one is enough. {_ASKED_BY}",
        queries=(Query(f"max by ({_PROBED}) ({success})", _LEGEND),),
        links=kit.runbooks("ServiceUnreachable", "ServiceNotReady", "GatewayUnreachable"),
        states=ANSWERS,
    )


def probe_durations(kit: Kit) -> OverTime:
    """Return how long the addresses take to answer."""
    duration = f"{probe.DURATION}{{{exporter_job(kit.settings)}}}"
    return OverTime(
        title="Time until an address answers",
        description=f"{probe.DURATION.description} Name, connection, TLS and load balancer are part of it. {_ASKED_BY}",
        queries=(Query(f"max by ({_PROBED}) ({duration})", _LEGEND),),
        unit=Unit.SECONDS,
    )


def certificates(kit: Kit) -> OverTime:
    """Return for how long certificates are valid."""
    return OverTime(
        title="Certificates run out in",
        description="Time until the first certificate of the chain that an address presents runs out; after that no "
        f"client connects. {_ASKED_BY}",
        queries=(kit.measured("CertificateExpiresSoon", f"{{{{{probe.TARGET.name}}}}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("CertificateExpiresSoon", "CertificateExpiresSoonCritical"),
        links=kit.runbooks("CertificateExpiresSoon", "CertificateExpiresSoonCritical"),
        calculations=("lastNotNull",),
        no_value="no https address",
    )
