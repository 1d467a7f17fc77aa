"""Writes to the archive in S3: an object for each stream and hour, compressed, with one record of JSON a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.fluentd_metrics import ARCHIVE_HOUR, ARCHIVE_OUTPUT, ARCHIVE_WAIT
from payment_logging.fluentd import Section
from payment_logging.parts.buffers import file_buffer, undelivered
from payment_logging.parts.labels import Stage, stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings
    from payment_logging.fluentd import Value


def archive(settings: Settings) -> tuple[Section, ...]:
    """Return the label. The account is the pod's own, as the SDK of AWS finds it."""
    parameters: Mapping[str, Value] = {
        "@type": "s3",
        "@id": ARCHIVE_OUTPUT,
        "s3_bucket": settings.logs.s3_bucket,
        "s3_region": settings.logs.s3_region,
        "path": f"{settings.logs.s3_prefix}%Y/%m/%d/",
        # A chunk that is sent again becomes the same object.
        "s3_object_key_format": "%{path}%{time_slice}-${tag[1]}-${chunk_id}.%{file_extension}",
        "check_object": False,
        # Fluentd starts, and reads, while S3 is away; and makes no bucket.
        "check_apikey_on_start": False,
        "check_bucket": False,
        "auto_create_bucket": False,
        "store_as": "gzip",
    }
    limits: Mapping[str, Value] = {
        "timekey": round(ARCHIVE_HOUR.total_seconds()),
        "timekey_wait": format_duration(ARCHIVE_WAIT),
        "timekey_use_utc": True,
        "chunk_limit_size": "64m",
        "total_limit_size": "4g",
    }
    inner = (
        file_buffer(ARCHIVE_OUTPUT, "tag,time", limits),
        Section("format", "", {"@type": "json"}),
        undelivered(ARCHIVE_OUTPUT),
    )
    return (stage(Stage.ARCHIVE, Section("match", "**", parameters, inner)),)
