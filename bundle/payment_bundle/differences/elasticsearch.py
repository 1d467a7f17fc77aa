"""Where templates, lifecycle, roles and data streams of a cluster differ from the generated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.differences.comparison import Comparison, Difference, Nature
from payment_bundle.elasticsearch.command import STREAM, mapping_version
from payment_bundle.elasticsearch.comparison import differences, stored
from payment_bundle.elasticsearch.connection import ElasticsearchError, RefusedError, UnsupportedError
from payment_bundle.elasticsearch.stream import Standing, standing
from payment_catalog.log_streams import data_stream
from payment_catalog.vocabulary import LogStream
from payment_logging.elasticsearch import definitions
from payment_logging.elasticsearch.definition import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.elasticsearch.connection import Connection
    from payment_catalog.settings import Settings
    from payment_logging.elasticsearch.definition import Definition

#: What ``_meta`` and ``metadata`` say of an object changes with its content, which tells more.
_VERSION = ("_meta", "metadata")


def compare(settings: Settings, cluster: Connection, *, with_roles: bool) -> Comparison:
    """Compare every object that a push would send; raises ElasticsearchError."""
    wanted = tuple(each for each in definitions(settings) if with_roles or each.kind is not Kind.ROLE)
    streams = tuple(data_stream(settings, stream) for stream in LogStream)
    found = [difference for definition in wanted for difference in _object(cluster, definition)]
    version = mapping_version(wanted)
    found += [difference for stream in streams for difference in _stream(cluster, stream, version)]
    compared = f"{len(wanted)} objects and {len(streams)} data streams"
    return Comparison("elasticsearch", cluster.server.shown, compared, tuple(found))


def _object(cluster: Connection, definition: Definition) -> Iterator[Difference]:
    subject = f"{definition.kind} {definition.name}"
    try:
        answer = cluster.get(definition.path)
    except UnsupportedError as error:
        yield Difference(subject, f"cannot be there: {error}", Nature.MISSING)
        return
    except RefusedError as error:
        yield Difference(subject, f"cannot be read: {error}")
        return
    if answer is None:
        yield Difference(subject, "is missing", Nature.MISSING)
        return
    try:
        there = stored(definition.kind, definition.name, answer)
    except ValueError as error:
        raise ElasticsearchError(
            f"{cluster.server.shown} answers with JSON that is not Elasticsearch's: {error}"
        ) from None
    changes = tuple(differences(definition.body, there))
    telling = [change for change in changes if not set(change.path) & set(_VERSION)]
    yield from (Difference(subject, change.words()) for change in telling or changes)


def _stream(cluster: Connection, name: str, version: str) -> Iterator[Difference]:
    subject = f"{STREAM} {name}"
    try:
        match standing(cluster, name, version):
            case Standing.MISSING:
                yield Difference(subject, "is missing", Nature.MISSING)
            case Standing.OUTDATED:
                yield Difference(subject, "its newest index was made by other templates; a push rolls it over")
            case Standing.UNCHANGED:
                pass
    except UnsupportedError:
        yield Difference(subject, "is missing; the first line that is written creates it", Nature.MISSING)
    except RefusedError as error:
        yield Difference(subject, f"cannot be compared: {error}")
