"""The data view, and a saved search for each grep of the runbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.log_patterns import GREPPED
from payment_catalog.log_streams import LOG_SEARCHES, data_streams, data_view_id, search_id
from payment_catalog.vocabulary import LogPattern
from payment_logging.kibana.saved_object import Kind, Reference, SavedObject, as_text, kql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings

_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
_TITLES: Mapping[LogPattern, str] = {
    LogPattern.ERROR: "Errors",
    LogPattern.PAYMENT_FAILED: "Failed payments",
    LogPattern.RATE_LIMIT: "Rate limits",
    LogPattern.AUTH_FAILED: "Failed authentications",
}
#: What stands beside the time.
_COLUMNS: Mapping[LogPattern, tuple[str, ...]] = {
    LogPattern.ERROR: ("level", "event", "reason", "route", "exception", "request_id"),
    LogPattern.PAYMENT_FAILED: ("event", "reason", "method", "merchant", "payment_id"),
    LogPattern.RATE_LIMIT: ("event", "merchant", "client", "request_id"),
    LogPattern.AUTH_FAILED: ("event", "client", "security_event", "request_id"),
}


def data_view(settings: Settings) -> SavedObject:
    """Return the data view on every data stream of the service."""
    attributes = {
        "title": data_streams(settings),
        "name": f"Logs of {settings.service}",
        "timeFieldName": "@timestamp",
        "fields": "[]",
        "fieldAttrs": "{}",
        "fieldFormatMap": "{}",
        "runtimeFieldMap": "{}",
        "sourceFilters": "[]",
        "typeMeta": "{}",
        # Before the first line has come, too.
        "allowNoIndex": True,
    }
    return SavedObject(Kind.DATA_VIEW, data_view_id(settings), attributes)


def saved_search(settings: Settings, pattern: LogPattern) -> SavedObject:
    """Return the search for what the runbook greps for, the newest line first."""
    source = {"query": kql(LOG_SEARCHES[pattern]), "filter": [], "indexRefName": _INDEX}
    attributes = {
        "title": f"{_TITLES[pattern]} in the logs of {settings.service}",
        "description": f"What the runbook finds by: grep '{GREPPED.get(pattern, 'ERROR')}'",
        "columns": list(_COLUMNS[pattern]),
        "sort": [["@timestamp", "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": as_text(source)},
    }
    view = Reference(_INDEX, Kind.DATA_VIEW, data_view_id(settings))
    return SavedObject(Kind.SEARCH, search_id(settings, pattern), attributes, (view,))
