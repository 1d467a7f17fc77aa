"""How long lines can be searched: an index ends by size or age, and is deleted as long after as the settings say."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from payment_logging.elasticsearch.definition import Definition, Kind, meta
from payment_logging.elasticsearch.templates import template_name

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: GiB: of Elastic's advice of 10 to 50 GB a shard the middle.
LARGEST_SHARD = 25
#: An index that grows slowly ends after a week: each day one would be hundreds of nearly empty shards a service.
_LONGEST = timedelta(weeks=1)
#: Or after this share of the time that lines are kept: by no more a line is kept for longer.
_SHARE = 0.25


def rollover_age(kept: timedelta) -> timedelta:
    """Return how long an index takes lines that are ``kept`` for so long; by so much longer its first one is kept."""
    return min(_LONGEST, kept * _SHARE)


def indices_by_age(kept: timedelta) -> int:
    """Return how many indices a data stream has at most, none of which ended by its size."""
    return ceil(kept / rollover_age(kept)) + 1


def lifecycle_policy(settings: Settings) -> Definition:
    """Return the policy: hot until an index is large or old enough, then deleted after ``retention.logs``.

    That counts from when lines stopped to come in: the last line is kept for as long, and none for less.
    """
    kept = settings.retention.logs
    phases: dict[str, Any] = {
        "hot": {
            "min_age": "0ms",
            "actions": {
                "rollover": {"max_age": _time(rollover_age(kept)), "max_primary_shard_size": f"{LARGEST_SHARD}gb"}
            },
        },
        "delete": {
            "min_age": _time(kept),
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
