"""Where logs and backups go, and how long data is kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, StringConstraints

from payment_catalog.durations import Duration
from payment_catalog.settings.section import Section
from payment_catalog.settings.texts import Bucket, FilePath, Name, Target, Url


class Retention(Section):
    """How long data is kept."""

    payment_attempts: Duration = timedelta(days=90)
    """Rows of ``payment_attempts``."""
    logs: Duration = timedelta(days=30)
    """Searchable logs; older ones are in the archive only."""


class Logs(Section):
    """Where logs go."""

    elasticsearch: tuple[Url, ...] = ("https://elasticsearch.yourdomain.com:9200",)
    """Elasticsearch nodes."""
    s3_bucket: Bucket = "your-bucket"
    """Bucket of the archive."""
    s3_region: Name = "ap-southeast-1"
    """Region of the bucket."""
    s3_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]+/$")] = "payment-service-logs/"
    """Prefix of every key, with its slash."""
    aggregators: tuple[Target, ...] = Field(default=("fluentd-aggregator:24224",), min_length=1)
    """Where the forwarders send, host:port; only large clusters have aggregators."""
    aggregator_workers: int = Field(default=2, ge=1, le=64)
    """Worker processes of an aggregator."""


class Backups(Section):
    """Where backups go."""

    directory: FilePath = "/backups/payment-service"
    """Directory of ``db_backup_*.sql.gz``."""
    s3_bucket: Bucket = "your-backup-bucket"
    """Bucket that they are copied to."""

    @property
    def path(self) -> PurePosixPath:
        """The directory as a path."""
        return PurePosixPath(self.directory)
