"""The fields of a log line in Elasticsearch: those that the service and Fluentd write, and their names in ECS.

The service's own names are kept, because the exporter, the dashboards' links and people who read the runbook search by
them. Where the Elastic Common Schema has a name of the same meaning, that is an alias: a search finds by either.
``method`` and ``client`` have none: the one is HTTP's in a line on a request and the customer's way to pay in a line on
a payment, of the other only the part that is an address is ECS' ``client.ip``.

Names have dots instead of objects (``subobjects: false``), so that a field ``log`` does no harm to ``log.level``, and
fields that are not listed are kept with the line and not indexed (``dynamic: false``): no line adds a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters. Of a longer text the service writes at most 16,384, and Lucene's longest term is 32,766 bytes.
_LONGEST_EVENT = 8_191
_LONGEST_PATH = 1_024
_LONGEST_WORD = 256


def _word(longest: int = _LONGEST_WORD, **fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text that is searched as a whole; a longer one is kept, but not found by this field."""
    return {"type": "keyword", "ignore_above": longest, **({"fields": fields} if fields else {})}


#: Searched by its words; nobody sorts by it, nor asks how well it fits.
_PROSE: Mapping[str, Any] = {"type": "text", "norms": False}
#: By its runs of letters: of ``json.decoder.JSONDecodeError`` each name is a word.
_TRACEBACK: Mapping[str, Any] = {"type": "text", "norms": False, "analyzer": "simple"}
_WHOLE: Mapping[str, Any] = {"type": "long"}
_DECIMAL: Mapping[str, Any] = {"type": "double"}

#: What the service writes, in the order of its lines.
SERVICE_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "timestamp": {"type": "date_nanos"},
    "level": _word(),
    "event": _word(_LONGEST_EVENT, text=_PROSE),
    "logger": _word(),
    "exception": _TRACEBACK,
    "stack": _TRACEBACK,
    "request_id": _word(),
    "trace_id": _word(),
    "span_id": _word(),
    "merchant": _word(),
    "key_id": _word(),
    "scope": _word(),
    "client": _word(ip={"type": "ip"}),
    "method": _word(),
    "path": _word(_LONGEST_PATH),
    "route": _word(),
    # HTTP's in a line on a request; in one on a disagreement the payment's, a word.
    "status": {**_WHOLE, "fields": {"word": _word()}},
    "duration_ms": _DECIMAL,
    "bytes": _WHOLE,
    "security_event": _word(),
    "origin": _word(),
    "payment_id": _word(),
    "refund_id": _word(),
    "operation": _word(),
    "outcome": _word(),
    "reason": _word(),
    "state": _word(),
    "gateway": _word(),
    "variable": _word(),
    "where": _word(_LONGEST_PATH),
    "thread": _word(),
    "pid": _WHOLE,
    "exit_code": _WHOLE,
    "starts_again_in_seconds": _DECIMAL,
}
#: What Fluentd adds: where the line came from.
FLUENTD_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "stream": _word(),
    "tag": _word(_LONGEST_PATH),
    "log": _PROSE,
    "docker.container_id": _word(),
    "kubernetes.container_image": _word(_LONGEST_PATH),
    "kubernetes.container_name": _word(),
    "kubernetes.host": _word(),
    "kubernetes.namespace_name": _word(),
    "kubernetes.pod_id": _word(),
    "kubernetes.pod_name": _word(),
}
#: ECS 8's name of a field that is written under another.
ECS_NAMES: Mapping[str, str] = {
    "container.id": "docker.container_id",
    "container.image.name": "kubernetes.container_image",
    "container.name": "kubernetes.container_name",
    "error.stack_trace": "exception",
    "host.name": "kubernetes.host",
    "http.request.id": "request_id",
    "http.response.body.bytes": "bytes",
    "http.response.status_code": "status",
    "log.level": "level",
    "log.logger": "logger",
    "message": "event",
    "orchestrator.namespace": "kubernetes.namespace_name",
    "orchestrator.resource.name": "kubernetes.pod_name",
    "process.exit_code": "exit_code",
    "process.pid": "pid",
    "process.thread.name": "thread",
    "span.id": "span_id",
    "trace.id": "trace_id",
    "url.path": "path",
}
#: Where a search without a field's name looks.
SEARCHED_FIELDS = ("event", "event.text", "exception", "path", "request_id", "trace_id", "payment_id", "merchant")


def properties() -> dict[str, Any]:
    """Return every field's mapping, aliases last."""
    return {
        # Said here because the index lets other malformed values pass, and a data stream's time must not be one.
        "@timestamp": {"type": "date", "ignore_malformed": False},
        **{name: dict(field) for name, field in {**SERVICE_FIELDS, **FLUENTD_FIELDS}.items()},
        **{name: {"type": "alias", "path": path} for name, path in ECS_NAMES.items()},
    }
