"""How long lines can be searched: a new index each day, deleted when its last line is as old as the settings say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from payment_logging.elasticsearch.definition import Definition, Kind, meta
from payment_logging.elasticsearch.templates import template_name

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: Of Elastic's advice of 10 to 50 GB a shard the middle.
_LARGEST_SHARD = "25gb"


def lifecycle_policy(settings: Settings) -> Definition:
    """Return the policy: hot until the next day or 25 GB, then deleted after ``retention.logs``.

    An index's age counts from when lines stopped to come in: its first line is kept up to a day longer than the last.
    """
    phases: dict[str, Any] = {
        "hot": {
            "min_age": "0ms",
            "actions": {"rollover": {"max_age": "1d", "max_primary_shard_size": _LARGEST_SHARD}},
        },
        "delete": {
            "min_age": _time(settings.retention.logs),
            "actions": {"delete": {"delete_searchable_snapshot": True}},
        },
    }
    policy = {"_meta": meta("The payment service's log lines: searchable, then deleted.", phases), "phases": phases}
    return Definition(Kind.LIFECYCLE_POLICY, template_name(settings), "lifecycle-policy", {"policy": policy})


def _time(duration: timedelta) -> str:
    """Return ``duration`` in the largest of Elasticsearch's units that it is a whole number of."""
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1))):
        if not duration % length:
            return f"{duration // length}{unit}"
    return f"{duration // timedelta(milliseconds=1)}ms"
