"""``payobs push elasticsearch``: asks for each object, sends what differs, and tells each step."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_bundle.elasticsearch.comparison import is_same, stored
from payment_bundle.elasticsearch.connection import ElasticsearchError, RefusedError, UnsupportedError
from payment_bundle.elasticsearch.stream import Standing, standing
from payment_catalog.log_streams import data_stream
from payment_catalog.vocabulary import LogStream
from payment_logging.elasticsearch import definitions
from payment_logging.elasticsearch.definition import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_bundle.elasticsearch.connection import Connection
    from payment_catalog.settings import Settings
    from payment_logging.elasticsearch.definition import Definition

    Say = Callable[[str], None]


class _Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    ROLLED_OVER = "rolled over"
    UNCHANGED = "unchanged"
    UNSUPPORTED = "not possible on this server"
    NOT_DONE = "not pushed"


_SIGNS = {
    _Outcome.CREATED: "+",
    _Outcome.UPDATED: "~",
    _Outcome.ROLLED_OVER: "~",
    _Outcome.UNCHANGED: "=",
    _Outcome.UNSUPPORTED: "!",
    _Outcome.NOT_DONE: "!",
}
_FAILED = (_Outcome.UNSUPPORTED, _Outcome.NOT_DONE)
#: What people call a data stream.
STREAM = "data stream"


def push(settings: Settings, cluster: Connection, say: Say, *, dry_run: bool, with_roles: bool) -> bool:
    """Send what differs; return whether all is there afterwards. Raises ElasticsearchError."""
    wanted = tuple(each for each in definitions(settings) if with_roles or each.kind is not Kind.ROLE)
    return _Push(cluster, say, dry_run=dry_run).run(
        wanted, tuple(data_stream(settings, stream) for stream in LogStream)
    )


class _Push:
    def __init__(self, cluster: Connection, say: Say, *, dry_run: bool) -> None:
        self._cluster = cluster
        self._say = say
        self._dry_run = dry_run
        self._done = Counter[_Outcome]()
        self._unsupported = set[Kind]()
        self._templates_stand = True

    def run(self, wanted: tuple[Definition, ...], streams: tuple[str, ...]) -> bool:
        try:
            for definition in wanted:
                self._tell(f"{definition.kind} {definition.name}", *self._push(definition))
            for stream in streams:
                self._tell(f"{STREAM} {stream}", *self._push_stream(stream, mapping_version(wanted)))
        except KeyboardInterrupt:
            self._say(f"interrupted; {self._summary()}; run it again for the rest")
            return False
        except ElasticsearchError:
            if self._done:
                self._say(f"broken off; {self._summary()}; run it again for the rest")
            raise
        self._conclude()
        return not any(self._done[outcome] for outcome in _FAILED)

    def _push(self, definition: Definition) -> tuple[_Outcome, str]:
        if definition.needs in self._unsupported:
            return _Outcome.UNSUPPORTED, f"names a {definition.needs}, which this server does not have"
        try:
            there = self._cluster.get(definition.path)
            if there is not None and is_same(definition.body, self._stored(definition, there)):
                return _Outcome.UNCHANGED, ""
            if not self._dry_run:
                self._cluster.put(definition.path, definition.body)
        except UnsupportedError as error:
            self._unsupported.add(definition.kind)
            return _Outcome.UNSUPPORTED, str(error)
        except RefusedError as error:
            self._templates_stand &= definition.kind is Kind.ROLE
            return _Outcome.NOT_DONE, str(error)
        return _Outcome.CREATED if there is None else _Outcome.UPDATED, ""

    def _push_stream(self, name: str, version: str) -> tuple[_Outcome, str]:
        if not self._templates_stand:
            return _Outcome.NOT_DONE, "waits for the templates"
        try:
            match standing(self._cluster, name, version):
                case Standing.MISSING:
                    if not self._dry_run:
                        self._cluster.put(f"/_data_stream/{name}")
                    return _Outcome.CREATED, ""
                case Standing.OUTDATED:
                    if not self._dry_run:
                        self._cluster.post(f"/{name}/_rollover")
                    return _Outcome.ROLLED_OVER, ""
                case Standing.UNCHANGED:
                    return _Outcome.UNCHANGED, ""
        except UnsupportedError:
            return _Outcome.UNSUPPORTED, "the first line that is written creates it"
        except RefusedError as error:
            return _Outcome.NOT_DONE, str(error)

    def _stored(self, definition: Definition, answer: dict[str, object]) -> object:
        try:
            return stored(definition.kind, definition.name, answer)
        except ValueError as error:
            raise ElasticsearchError(
                f"{self._cluster.server.shown} answers with JSON that is not Elasticsearch's: {error}"
            ) from None

    def _tell(self, name: str, outcome: _Outcome, reason: str) -> None:
        self._done[outcome] += 1
        would = "would be " if self._dry_run and outcome not in {_Outcome.UNCHANGED, *_FAILED} else ""
        self._say(f"  {_SIGNS[outcome]} {name}: {would}{outcome}{f'; {reason}' if reason else ''}")

    def _conclude(self) -> None:
        unsent = " (dry run, nothing sent)" if self._dry_run else ""
        self._say(f"{self._cluster.server.shown}: {self._summary()}{unsent}")

    def _summary(self) -> str:
        return ", ".join(f"{self._done[outcome]} {outcome}" for outcome in _Outcome if self._done[outcome])


def mapping_version(wanted: tuple[Definition, ...]) -> str:
    """Return the version that the newest index of a data stream should be of: that of the mappings' own ``_meta``."""
    for definition in wanted:
        mappings = definition.body.get("template", {}).get("mappings")
        if mappings:
            return str(mappings["_meta"]["version"])
    raise ValueError("no template has mappings")
