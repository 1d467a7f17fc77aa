"""The configurations of Fluentd: on a node on its own, or divided between forwarders and aggregators."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_logging.parts.archive import archive
from payment_logging.parts.count import count
from payment_logging.parts.errors import errors
from payment_logging.parts.forwarding import forward, receive
from payment_logging.parts.join import join
from payment_logging.parts.kubernetes import kubernetes
from payment_logging.parts.labels import Stage
from payment_logging.parts.lift import lift
from payment_logging.parts.metrics import aggregator_metrics, node_metrics
from payment_logging.parts.redact import redact
from payment_logging.parts.route import route
from payment_logging.parts.search import search
from payment_logging.parts.store import store
from payment_logging.parts.system import system
from payment_logging.parts.tail import tail

if TYPE_CHECKING:
    from payment_catalog.settings import Settings
    from payment_logging.fluentd import Section


class Variant(StrEnum):
    """Where a Fluentd stands."""

    #: On each node, and writes itself.
    NODE = "node"
    #: On each node of a large cluster, and sends to aggregators.
    FORWARDER = "forwarder"
    #: A few in a large cluster, which write.
    AGGREGATOR = "aggregator"


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its name, and what stands in it."""

    file: str
    sections: tuple[Section, ...]


def parts(variant: Variant, settings: Settings) -> tuple[Part, ...]:
    """Return the files that ``fluent.conf`` includes, in order."""
    match variant:
        case Variant.NODE:
            stages = (*_read(settings, Stage.STORE), *_write(settings))
        case Variant.FORWARDER:
            stages = (*_read(settings, Stage.FORWARD), Part("80-forward.conf", forward(settings)))
        case Variant.AGGREGATOR:
            stages = (*_receive(settings), *_write(settings))
    return (*stages, Part("90-errors.conf", errors()))


def _read(settings: Settings, then: Stage) -> tuple[Part, ...]:
    """Return the files from a container's lines to records of a stream, which go to ``then``."""
    return (
        Part("10-system.conf", system()),
        Part("20-metrics.conf", node_metrics()),
        Part("30-tail.conf", tail(settings)),
        Part("40-join.conf", join()),
        Part("50-redact.conf", redact()),
        Part("55-lift.conf", lift()),
        Part("60-kubernetes.conf", kubernetes()),
        Part("65-count.conf", count()),
        Part("70-route.conf", route(then)),
    )


def _receive(settings: Settings) -> tuple[Part, ...]:
    return (
        Part("10-system.conf", system(settings.logs.aggregator_workers)),
        Part("20-metrics.conf", aggregator_metrics()),
        Part("30-receive.conf", receive()),
    )


def _write(settings: Settings) -> tuple[Part, ...]:
    return (
        Part("75-store.conf", store()),
        Part("80-elasticsearch.conf", search(settings)),
        Part("85-archive.conf", archive(settings)),
    )
