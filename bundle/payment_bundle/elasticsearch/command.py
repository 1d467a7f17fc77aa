"""``payobs push elasticsearch``: asks for each object, sends what differs, and tells each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.elasticsearch.comparison import is_same, stored
from payment_bundle.elasticsearch.connection import ElasticsearchError, RefusedError, UnsupportedError
from payment_bundle.elasticsearch.stream import Standing, standing
from payment_bundle.push_run import Outcome, carry_out
from payment_catalog.log_streams import data_stream
from payment_catalog.vocabulary import LogStream
from payment_logging.elasticsearch import definitions
from payment_logging.elasticsearch.definition import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.elasticsearch.connection import Connection
    from payment_bundle.push_run import Say
    from payment_catalog.settings import Settings
    from payment_logging.elasticsearch.definition import Definition

#: What people call a data stream.
STREAM = "data stream"


def push(settings: Settings, cluster: Connection, say: Say, *, dry_run: bool, with_roles: bool) -> bool:
    """Send what differs; return whether all is there afterwards. Raises ElasticsearchError."""
    wanted = tuple(each for each in definitions(settings) if with_roles or each.kind is not Kind.ROLE)
    streams = tuple(data_stream(settings, stream) for stream in LogStream)
    steps = _Push(cluster, say, dry_run=dry_run).steps(wanted, streams)
    return carry_out(steps, say, place=cluster.server.shown, objects="objects and data streams", dry_run=dry_run)


class _Push:
    def __init__(self, cluster: Connection, say: Say, *, dry_run: bool) -> None:
        self._cluster = cluster
        self._say = say
        self._dry_run = dry_run
        self._unsupported = set[Kind]()
        self._templates_stand = True

    def steps(self, wanted: tuple[Definition, ...], streams: tuple[str, ...]) -> Iterator[Outcome]:
        for definition in wanted:
            yield self._told(f"{definition.kind} {definition.name}", *self._push(definition))
        for stream in streams:
            yield self._told(f"{STREAM} {stream}", *self._push_stream(stream, mapping_version(wanted)))

    def _push(self, definition: Definition) -> tuple[Outcome, str]:
        if definition.needs in self._unsupported:
            return Outcome.UNSUPPORTED, f"names a {definition.needs}, which this server does not have"
        try:
            there = self._cluster.get(definition.path)
            if there is not None and is_same(definition.body, self._stored(definition, there)):
                return Outcome.UNCHANGED, ""
            if not self._dry_run:
                self._cluster.put(definition.path, definition.body)
        except UnsupportedError as error:
            self._unsupported.add(definition.kind)
            return Outcome.UNSUPPORTED, str(error)
        except RefusedError as error:
            self._templates_stand &= definition.kind is Kind.ROLE
            return Outcome.NOT_DONE, str(error)
        return Outcome.CREATED if there is None else Outcome.UPDATED, ""

    def _push_stream(self, name: str, version: str) -> tuple[Outcome, str]:
        if not self._templates_stand:
            return Outcome.NOT_DONE, "waits for the templates"
        try:
            match standing(self._cluster, name, version):
                case Standing.MISSING:
                    if not self._dry_run:
                        self._cluster.put(f"/_data_stream/{name}")
                    return Outcome.CREATED, ""
                case Standing.OUTDATED:
                    if not self._dry_run:
                        self._cluster.post(f"/{name}/_rollover")
                    return Outcome.ROLLED_OVER, ""
                case Standing.UNCHANGED:
                    return Outcome.UNCHANGED, ""
        except UnsupportedError:
            return Outcome.UNSUPPORTED, "the first line that is written creates it"
        except RefusedError as error:
            return Outcome.NOT_DONE, str(error)

    def _stored(self, definition: Definition, answer: dict[str, object]) -> object:
        try:
            return stored(definition.kind, definition.name, answer)
        except ValueError as error:
            raise ElasticsearchError(
                f"{self._cluster.server.shown} answers with JSON that is not Elasticsearch's: {error}"
            ) from None

    def _told(self, name: str, outcome: Outcome, reason: str) -> Outcome:
        words = outcome.words(dry_run=self._dry_run)
        self._say(f"  {outcome.sign} {name}: {words}{f'; {reason}' if reason else ''}")
        return outcome


def mapping_version(wanted: tuple[Definition, ...]) -> str:
    """Return the version that the newest index of a data stream should be of: that of the mappings' own ``_meta``."""
    for definition in wanted:
        mappings = definition.body.get("template", {}).get("mappings")
        if mappings:
            return str(mappings["_meta"]["version"])
    raise ValueError("no template has mappings")
