"""What the exporter measures and how: the file of ``--config.file``, overlaid by flags, checked once.

The database is named by ``DB_*``, as for the payment service. Secrets are read from files when they are used.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from payment_catalog.durations import Duration, format_duration
from payment_catalog.log_archive import REPORT_FILE, log_directory
from payment_catalog.schema import SchemaWithDurations
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Recovery
from payment_catalog.settings.section import Section, UnsoundError
from payment_catalog.settings.storage import Backups
from payment_catalog.settings.texts import FilePath, Target, Url
from payment_catalog.vocabulary import ExporterCollector

#: A time-out of a collector, or of a scrape, is not longer.
LONGEST = timedelta(minutes=2)


def _bounded(timeout: timedelta) -> timedelta:
    if not timedelta() < timeout <= LONGEST:
        raise ValueError(f"expected a duration above 0 and up to {format_duration(LONGEST)}")
    return timeout


Timeout = Annotated[Duration, AfterValidator(_bounded)]
Account = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@-]{0,128}$")]
IndexPattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*][a-z0-9*._,-]{0,255}$")]
MountPoint = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/-]*$")]
#: ``https://*.payments.svc:8443``: a star stands for the first label of the name, and only there.
AllowedTarget = Annotated[
    str, StringConstraints(pattern=r"^https?://(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$")
]


class Common(Section):
    """What every collector has."""

    enabled: bool = True
    """Whether it is run."""
    timeout: Timeout | None = None
    """After which a scrape answers without it; the general one unless given."""


class Redis(Common):
    """The cache."""

    address: Target | None = None
    """``host:port``; ``REDIS_HOST`` and ``REDIS_PORT`` unless given, else 127.0.0.1:6379."""
    username: Account = ""
    """Account of Redis' access control lists."""
    password_file: FilePath | None = None
    """File with the password."""
    ca_file: FilePath | None = None
    """Authorities that the server's certificate is checked with; given, the connection is encrypted."""


class Host(Common):
    """The machine."""

    mountpoints: tuple[MountPoint, ...] = Field(default=("/",), min_length=1, max_length=64)
    """File systems to watch."""


class Backup(Common):
    """The directory of backups."""

    directory: FilePath = Backups().directory
    """Where the backups and the reports of their making are."""
    recovery_point_objective: Duration = Recovery().point_objective
    """RPO."""
    recovery_time_objective: Duration = Recovery().time_objective
    """RTO."""


class Archive(Common):
    """The archive of old log files."""

    enabled: bool = False
    """Whether it is run."""
    report: FilePath = f"{log_directory(Settings())}/{REPORT_FILE}"
    """What ``payobs archive --report`` writes."""


class Elasticsearch(Common):
    """The logs."""

    enabled: bool = False
    """Whether it is run."""
    urls: tuple[Url, ...] = Field(default=("http://127.0.0.1:9200",), min_length=1, max_length=16)
    """Nodes of the cluster."""
    index: IndexPattern = "logs-payment-service-*"
    """Index, data stream or pattern of the service's logs."""
    username: Account = ""
    """Account, with ``password_file``."""
    password_file: FilePath | None = None
    """File with the account's password."""
    api_key_file: FilePath | None = None
    """File with an API key, in the encoded form; instead of an account."""
    ca_file: FilePath | None = None
    """Authorities that the nodes' certificates are checked with, instead of the system's."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.api_key_file and (self.username or self.password_file):
            raise UnsoundError(("api_key_file",), "stands beside an account; give one of them")
        if bool(self.username) != bool(self.password_file):
            raise UnsoundError(("username",), "username and password_file go together")
        return self


class Probe(Common):
    """The service and the gateway, as a client finds them."""

    targets: tuple[Url, ...] = Field(default=("http://127.0.0.1:8080",), max_length=100)
    """Addresses of services, probed at each scrape of ``/metrics``."""
    gateway: Url | None = None
    """Address of the gateway; ``FIUU_BASE_URL`` unless given. Without either it is not probed."""
    allowed: tuple[AllowedTarget, ...] = Field(default=(), max_length=1000)
    """What ``/probe?target=`` may name beside ``targets``: ``https://*.payments.svc:8443``."""
    ca_file: FilePath | None = None
    """Authorities that certificates are checked with, instead of the system's."""


class Collectors(Section):
    """Each collector's own part."""

    business: Common = Common()
    """Payments, revenue, failures, refunds."""
    postgres: Common = Common()
    """The database server."""
    redis: Redis = Redis()
    """The cache."""
    host: Host = Host()
    """The machine."""
    backup: Backup = Backup()
    """The directory of backups."""
    archive: Archive = Archive()
    """The archive of old log files."""
    elasticsearch: Elasticsearch = Elasticsearch()
    """The logs."""
    probe: Probe = Probe()
    """The service and the gateway, as a client finds them."""

    def of(self, name: ExporterCollector) -> Common:
        """Return what is said of one collector."""
        part: Common = getattr(self, name.value)
        return part


class Configuration(Section):
    """The whole file."""

    timeout: Timeout = timedelta(seconds=5)
    """After which a scrape answers without a collector that has not ended; a scrape that ends sooner cuts it short."""
    collectors: Collectors = Collectors()
    """Each collector's own part."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of the file (draft 2020-12), for editors."""
        return {
            **cls.model_json_schema(schema_generator=SchemaWithDurations),
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "payment-exporter configuration",
        }

    def longer_than(self, limit: timedelta) -> tuple[ExporterCollector, ...]:
        """Return the collectors that are run and whose time-out is above ``limit``."""
        return tuple(
            name
            for name in ExporterCollector
            if self.collectors.of(name).enabled and self.timeout_of(name) > limit.total_seconds()
        )

    def timeout_of(self, name: ExporterCollector) -> float:
        """Return a collector's time-out in seconds."""
        return (self.collectors.of(name).timeout or self.timeout).total_seconds()
