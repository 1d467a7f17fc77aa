"""What Elasticsearch is asked about the service's log lines."""

from __future__ import annotations

from typing import Any

from payment_catalog.exporter_metrics.elasticsearch import LOG_WINDOW_SECONDS
from payment_catalog.log_patterns import GREPPED
from payment_catalog.vocabulary import LogPattern

_TIME = "@timestamp"


def counting() -> dict[str, Any]:
    """Return the search that counts the window's lines, by the server's clock, for each pattern in order.

    It differs from the runbook's ``grep``, which sees whole lines:

    - ``ERROR`` is the line's level, and the other patterns are looked for in its ``event`` alone;
    - they are found as by ``grep`` where ``event`` or ``event.keyword`` is a keyword; that is up to its
      ``ignore_above``, 256 characters unless the mapping says otherwise;
    - where ``event`` is analysed text only, each part between the ``.*`` must stand there as whole words, in any
      order and in capitals or not.
    """
    queries = {LogPattern.ERROR: {"match": {"level": "ERROR"}}, **{name: _grep(GREPPED[name]) for name in GREPPED}}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"range": {_TIME: {"gte": f"now-{LOG_WINDOW_SECONDS}s", "lte": "now"}}},
        "aggs": {"lines": {"filters": {"filters": [queries[pattern] for pattern in LogPattern]}}},
    }


def newest() -> dict[str, Any]:
    """Return the search for the time of the newest line, whatever its age.

    Sorted by an indexed time, the server reads the end of each segment and passes over shards that hold only older
    lines. A time to come is left out: it would hide, for as long, that no line arrives any more.
    """
    return {
        "size": 1,
        "track_total_hits": False,
        "_source": False,
        "query": {"range": {_TIME: {"lte": "now"}}},
        "sort": [{_TIME: {"order": "desc", "numeric_type": "date", "unmapped_type": "date"}}],
    }


def _grep(expression: str) -> dict[str, Any]:
    anywhere = f".*{expression}.*"
    as_words = [{"match_phrase": {"event": part}} for part in expression.split(".*")]
    analysed_only = {"bool": {"filter": as_words, "must_not": {"exists": {"field": "event.keyword"}}}}
    exact = [{"regexp": {field: anywhere}} for field in ("event", "event.keyword")]
    return {"bool": {"should": [*exact, analysed_only]}}
