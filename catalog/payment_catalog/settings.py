"""What a user of the bundle changes: the content of ``bundle.yaml``, checked once.

Every default is the runbook's. A value that would land in PromQL, YAML or a template is restricted here
to what is safe there, and escaped there all the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from payment_catalog.durations import Duration, format_duration
from payment_catalog.escalation import EscalationLevel, Team
from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.kubernetes_metrics import KUBERNETES_JOBS
from payment_catalog.monitoring import MONITORING, MONITORING_JOBS
from payment_catalog.mute_time import MuteTime
from payment_catalog.own_names import RUNBOOKS_SERVICE, with_own_names
from payment_catalog.sends import Sends
from payment_catalog.severities import Priority
from payment_catalog.thresholds import THRESHOLDS, Side, Threshold, ThresholdKey

#: A DNS label. It has no description of its own, which would stand in place of that of each setting.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,62}$")]
LabelValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._:/@-]{1,128}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$")]
Target = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$")]
SlackChannel = Annotated[str, StringConstraints(pattern=r"^[#@][A-Za-z0-9._-]{1,80}$")]
Bucket = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
Registry = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._/:-]{0,126}[a-z0-9]$")]
FilePath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/-]+$")]
ExtensionName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}(:[A-Za-z_][A-Za-z0-9_]{0,100})?$"),
    Field(description="The name under which an installed package offers it, or module:attribute."),
]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
Merchant = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Network = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?$")]

#: Hosts that are another machine, or another pod, for everyone who names them.
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1"})

#: Labels that the bundle itself attaches to series and alerts.
RESERVED_LABELS = frozenset(
    {"alertname", "severity", "priority", "team", "incident", "level", "environment", "namespace", "job", "instance"}
    | {"alertmanager", "collector", "container", "currency", "integration", "method", "metric", "pod", "reason"}
    | {"rule_group", "table", "target"}
)


class UnsoundError(ValueError):
    """Values that are each valid and do not hold together; ``key`` is the path, below where it is found."""

    def __init__(self, key: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.key = key


class Section(BaseModel):
    """A mapping of the settings file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=False)


class Urls(Section):
    """Addresses that people and alerts link to."""

    service: Url = "https://payments.yourdomain.com"
    """Public address of the payment service."""
    grafana: Url = "https://grafana.yourdomain.com"
    """Grafana, without a path."""
    prometheus: Url = "https://prometheus.yourdomain.com"
    """Prometheus, as a browser reaches it."""
    alertmanager: Url = "https://alertmanager.yourdomain.com"
    """Alertmanager, as a browser reaches it."""
    kibana: Url = "https://kibana.yourdomain.com"
    """Kibana, without a path."""
    runbooks: Url = "https://runbooks.yourdomain.com/payment-service"
    """Where the generated pages ``runbooks/<Alert>.md`` are published."""

    @field_validator("*")
    @classmethod
    def _without_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")


class Environment(Section):
    """One place where the service runs, and what Prometheus scrapes there."""

    service: tuple[Target, ...] = Field(min_length=1)
    """``host:port`` of each payment service."""
    exporter: tuple[Target, ...] = Field(min_length=1)
    """``host:port`` of each payment exporter."""
    kube_state_metrics: tuple[Target, ...] = ()
    """``host:port`` of kube-state-metrics; without one, no alert on pods, roll-outs and quotas ever fires."""
    kubelet: tuple[Target, ...] = ()
    """``host:port`` of the kubelet of each node, port 10250, for cAdvisor; without one, no alert on containers' limits
    fires."""
    fluentd: tuple[Target, ...] = ()
    """``host:port`` of Fluentd's metrics on each node (port 24231); without one, no alert on the log pipeline fires."""
    page: bool = True
    """Whether alerts of this environment wake somebody; if not, they go where P3 goes."""


class Scraping(Section):
    """How often Prometheus scrapes and evaluates."""

    interval: Duration = timedelta(seconds=15)
    """Between two scrapes of a target; a rate's window of 5m must hold at least four."""
    timeout: Duration = timedelta(seconds=10)
    """After which a scrape is given up; at most the interval."""
    evaluation_interval: Duration = timedelta(seconds=15)
    """Between two evaluations of a rule group."""
    alertmanagers: tuple[Target, ...] = Field(default=("alertmanager:9093",), min_length=1)
    """``host:port`` of each Alertmanager; several are one cluster."""
    prometheus: tuple[Target, ...] = Field(default=("localhost:9090",), min_length=1)
    """``host:port`` of Prometheus itself, and of others that watch the same."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.timeout > self.interval:
            raise UnsoundError(("timeout",), "is longer than interval")
        if self.interval * 4 > timedelta(minutes=5):
            raise UnsoundError(("interval",), "is above 75s: a window of 5m would hold fewer than four scrapes")
        return self


class RemoteWrite(Section):
    """A store of series that takes Prometheus' remote write: VictoriaMetrics, Mimir, Thanos Receive, Prometheus."""

    url: Url
    """Where samples are sent to, with its path, without credentials."""
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,150}$")] | None = None
    """Sent as ``X-Scope-OrgID``, which Mimir and Cortex tell tenants by; without one the header is left out."""
    token_file: FilePath | None = None
    """File with a bearer token, as Prometheus sees it; without one the store asks for none."""
    sends: Sends = Sends.DECLARED
    """Which series are sent."""


class Scaling(Section):
    """What one Prometheus server is too small for."""

    shards: int = Field(default=1, ge=1, le=1000)
    """Prometheus servers or agents that share the targets; each target is scraped by one of them."""
    replica_label: LabelName | None = None
    """Label that tells two servers with the same targets apart, by their host names; alerts are sent without it."""
    remote_write: RemoteWrite | None = None
    """Where series are sent to; without one they stay where they are scraped."""

    @field_validator("replica_label")
    @classmethod
    def _replica_label_is_free(cls, name: str | None) -> str | None:
        if name in RESERVED_LABELS:
            raise UnsoundError((), f"'{name}' is a label of the bundle's own; choose another name")
        return name


class Levels(Section):
    """The two levels of a threshold. Leave one out to keep the runbook's; ``null`` turns it off."""

    warning: float | None = Field(default=None, allow_inf_nan=False)
    """Beyond it the alert has severity warning."""
    critical: float | None = Field(default=None, allow_inf_nan=False)
    """Beyond it the alert has severity critical."""


class Objectives(Section):
    """Service level objectives over a window."""

    window: Duration = timedelta(days=30)
    """Length of the rolling window: whole hours, from 7d to 90d."""
    success: float = Field(default=0.95, gt=0, lt=1)
    """Share of payments that succeed."""
    availability: float = Field(default=0.99, gt=0, lt=1)
    """Share of requests answered without a server error."""
    latency: float = Field(default=0.95, gt=0, lt=1)
    """Share of requests answered within the warning level of ``api_latency_p95``."""

    @field_validator("window")
    @classmethod
    def _windows_of_alerts_follow(cls, window: timedelta) -> timedelta:
        found = format_duration(window)
        if not timedelta(days=7) <= window <= timedelta(days=90):
            raise UnsoundError(
                (),
                f"{found} is out of range; allowed is 7d to 90d. The windows of burn rates are shares of it: of less, "
                "they are too short to hold anything; of more, Prometheus hardly keeps the data",
            )
        if window % timedelta(hours=1):
            raise UnsoundError((), f"{found} is no whole number of hours, which the window is summed up from")
        return window


class Recovery(Section):
    """Targets of business continuity."""

    point_objective: Duration = timedelta(minutes=15)
    """RPO: the age that the newest backup may reach."""
    time_objective: Duration = timedelta(hours=4)
    """RTO: how long an outage may last."""


class Retention(Section):
    """How long data is kept."""

    payment_attempts: Duration = timedelta(days=90)
    """Rows of ``payment_attempts``."""
    logs: Duration = timedelta(days=30)
    """Searchable logs; older ones are in the archive only."""


class SlackContact(Section):
    """A Slack channel."""

    type: Literal["slack"]
    channel: SlackChannel
    """Channel or person, with its # or @."""
    url_file: FilePath = "/etc/alertmanager/secrets/slack-url"
    """File with the incoming webhook's address, as Alertmanager sees it."""


class PagerDutyContact(Section):
    """A PagerDuty service."""

    type: Literal["pagerduty"]
    routing_key_file: FilePath = "/etc/alertmanager/secrets/pagerduty-routing-key"
    """File with the integration key (Events API v2), as Alertmanager sees it."""


class EmailContact(Section):
    """An e-mail address."""

    type: Literal["email"]
    to: Email
    """Recipient."""


class WebhookContact(Section):
    """Any HTTP receiver that understands Alertmanager's webhook."""

    type: Literal["webhook"]
    url: Url
    """Address without credentials."""
    token_file: FilePath | None = None
    """File with a bearer token, as Alertmanager sees it; without one the receiver asks for none."""


ContactPoint = Annotated[SlackContact | PagerDutyContact | EmailContact | WebhookContact, Field(discriminator="type")]


class Smtp(Section):
    """The server that Alertmanager sends e-mail through."""

    smarthost: Target = "smtp.yourdomain.com:587"
    """``host:port``."""
    sender: Email = "alertmanager@yourdomain.com"
    """Address in *From*."""
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@+-]*$")] = ""
    """Account; empty for a server that asks for none."""
    password_file: FilePath = "/etc/alertmanager/secrets/smtp-password"  # noqa: S105
    """File with the password, as Alertmanager sees it."""


class Routing(Section):
    """Which contact points hear of an alert: those of its priority and, in addition, those of its team."""

    priorities: dict[Priority, tuple[Name, ...]] = {
        Priority.P0: ("pager", "slack-oncall"),
        Priority.P1: ("pager", "slack-oncall"),
        Priority.P2: ("slack-oncall",),
        Priority.P3: ("slack-payments",),
    }
    """For each of P0–P3 the names of contact points."""
    teams: dict[Team, tuple[Name, ...]] = {Team.SECURITY_INCIDENT: ("security-team",)}
    """For a team the names of further contact points."""
    escalation: dict[Team, dict[EscalationLevel, tuple[Name, ...]]] = {
        Team.SERVICE_OUTAGE: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "architecture-team"),
        },
        Team.SECURITY_INCIDENT: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation", "security-team"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "ciso"),
        },
        Team.PERFORMANCE_ISSUE: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "architecture-team"),
        },
        Team.DATA_ISSUE: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "data-engineering"),
        },
    }
    """For L2 and L3 of a team the names of contact points; one left out is told where the alert's priority goes. A
    pager among them hears of the priorities only that page by themselves."""
    dead_mans_switch: Name | None = None
    """A webhook that is called every minute as long as alerts get through, and that raises the alarm when it is not:
    a check at a service that does not run on what it watches, such as https://hc-ping.com, told to wait five minutes.
    Without one nobody notices that alerts no longer get through."""
    mute_times: dict[Name, MuteTime] = {}
    """Times at which messages of P2 or P3 wait, by name; P0 and P1 never wait. For example ``night: {priorities: [P3],
    start: "22:00", end: "07:00", location: Asia/Kuala_Lumpur}``."""

    @field_validator("priorities")
    @classmethod
    def _complete(cls, priorities: dict[Priority, tuple[Name, ...]]) -> dict[Priority, tuple[Name, ...]]:
        missing = [priority for priority in Priority if not priorities.get(priority)]
        if missing:
            raise UnsoundError((), f"has no contact point for {', '.join(missing)}")
        return {priority: priorities[priority] for priority in Priority}

    @property
    def named(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """The names of contact points at each key."""
        return {
            **{("priorities", priority): names for priority, names in self.priorities.items()},
            **{("teams", team): names for team, names in self.teams.items()},
            **{
                ("escalation", team, level): names
                for team, levels in self.escalation.items()
                for level, names in levels.items()
            },
            ("dead_mans_switch",): (self.dead_mans_switch,) if self.dead_mans_switch else (),
        }


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


class Kubernetes(Section):
    """How much of the service runs in Kubernetes, and what it is connected to there."""

    replicas: int = Field(default=3, ge=1, le=100)
    """Pods of the service at least; an environment that wakes nobody has one."""
    most_replicas: int = Field(default=5, ge=1, le=100)
    """Pods of the service at most, when its processors are busy; each has up to 25 connections to the database."""
    database: Target = "postgres:5432"
    """``host:port`` of PostgreSQL, as a pod reaches it."""
    database_name: Role = "payment_service"
    """Name of the database."""
    database_user: Role = "payment_service"
    """Its user; checking backups needs the right CREATEDB."""
    redis: Target = "redis:6379"
    """``host:port`` of Redis, as a pod reaches it."""
    gateway: Url = "https://pay.fiuu.com"
    """The payment gateway, without a path."""
    merchant_id: Merchant = "your-merchant-id"
    """The account there."""
    ingress_namespace: Name = "ingress-nginx"
    """Namespace of the ingress controller, which alone passes requests on to the service."""
    proxies: tuple[Network, ...] = ("10.0.0.0/8",)
    """Networks of proxies, whose ``X-Forwarded-For`` is believed."""

    @model_validator(mode="after")
    def _most_is_most(self) -> Self:
        if self.most_replicas < self.replicas:
            raise UnsoundError(("most_replicas",), "is less than replicas")
        return self


class Settings(Section):
    """The whole of ``bundle.yaml``."""

    service: Name = RUNBOOKS_SERVICE
    """Name of the service: its job in Prometheus, its deployment and its label ``app`` in Kubernetes."""
    exporter: Name = "payment-exporter"
    """Name of the exporter: its job in Prometheus and its deployment."""
    namespace: Name = "payment-service"
    """Kubernetes namespace."""
    shared: bool = False
    """Whether other services have the same Prometheus, Alertmanager or Grafana, as in a fleet: rules then read this
    service's series only, alerts on the monitoring itself are left to the fleet, and names follow the service's."""
    registry: Registry = "your-registry"
    """Where the images are pulled from, without a slash at its end."""
    labels: dict[LabelName, LabelValue] = {}
    """Labels added to every alert, and to every series that leaves Prometheus, for example ``region: my-central``."""
    urls: Urls = Urls()
    """Addresses that people and alerts link to."""
    environments: dict[Name, Environment] = Field(
        default={"production": Environment(service=("payment-service:8080",), exporter=("payment-exporter:9877",))},
        min_length=1,
    )
    """Places where the service runs, by name."""
    scraping: Scraping = Scraping()
    """How often Prometheus scrapes and evaluates."""
    scaling: Scaling = Scaling()
    """What one Prometheus server is too small for."""
    thresholds: dict[ThresholdKey, Levels] = {}
    """Limits that differ from the runbook's."""
    objectives: Objectives = Objectives()
    """Service level objectives."""
    recovery: Recovery = Recovery()
    """RPO and RTO."""
    retention: Retention = Retention()
    """How long data is kept."""
    contact_points: dict[Name, ContactPoint] = {
        "pager": PagerDutyContact(type="pagerduty"),
        "slack-oncall": SlackContact(type="slack", channel="#payments-oncall"),
        "slack-payments": SlackContact(type="slack", channel="#payments"),
        "security-team": EmailContact(type="email", to="security@yourdomain.com"),
        "pager-escalation": PagerDutyContact(
            type="pagerduty", routing_key_file="/etc/alertmanager/secrets/pagerduty-escalation-routing-key"
        ),
        "slack-escalation": SlackContact(type="slack", channel="#payments-escalation"),
        "architecture-team": EmailContact(type="email", to="architecture@yourdomain.com"),
        "ciso": EmailContact(type="email", to="ciso@yourdomain.com"),
        "data-engineering": EmailContact(type="email", to="data-engineering@yourdomain.com"),
    }
    """Who can be told, by name."""
    smtp: Smtp = Smtp()
    """The server for contact points of type email."""
    routing: Routing = Routing()
    """Who is told of what."""
    logs: Logs = Logs()
    """Where logs go."""
    backups: Backups = Backups()
    """Where backups go."""
    extensions: tuple[ExtensionName, ...] = ()
    """What adds metrics, alerts, panels and incidents of your own."""
    kubernetes: Kubernetes = Kubernetes()
    """How much of the service runs in Kubernetes, and what it is connected to there."""

    @model_validator(mode="before")
    @classmethod
    def _names_follow_the_service(cls, data: Any) -> Any:
        return with_own_names(data) if isinstance(data, dict) and data.get("shared") is True else data

    @field_validator("labels")
    @classmethod
    def _labels_are_free(cls, labels: dict[str, str]) -> dict[str, str]:
        for name in labels:
            if name in RESERVED_LABELS or name.startswith("__"):
                raise UnsoundError((name,), "is a label of the bundle's own; choose another name")
        return labels

    @field_validator("thresholds")
    @classmethod
    def _thresholds_are_sound(cls, overrides: dict[ThresholdKey, Levels]) -> dict[ThresholdKey, Levels]:
        for key, levels in overrides.items():
            effective_threshold(THRESHOLDS[key], levels)
        return overrides

    @model_validator(mode="after")
    def _bundle_keeps_its_names(self) -> Self:
        for program in ("service", "exporter"):
            if getattr(self, program) in {*MONITORING_JOBS, *KUBERNETES_JOBS, FLUENTD_JOB}:
                raise UnsoundError((program,), "is the name of a job of the bundle's own; choose another name")
        if MONITORING in self.environments:
            raise UnsoundError(
                ("environments", MONITORING), "is what the monitoring itself is labelled with; choose another name"
            )
        return self

    @model_validator(mode="after")
    def _shards_reach_the_same_servers(self) -> Self:
        for target in self.scraping.prometheus if self.scaling.shards > 1 else ():
            if target.rpartition(":")[0] in LOOPBACK_HOSTS:
                raise UnsoundError(
                    ("scaling", "shards"),
                    f"scraping.prometheus names {target}, which is another server for each shard; "
                    "name each by an address that all of them reach",
                )
        return self

    @model_validator(mode="after")
    def _replicas_have_a_label_of_their_own(self) -> Self:
        if self.scaling.replica_label in self.labels:
            raise UnsoundError(
                ("scaling", "replica_label"), f"'{self.scaling.replica_label}' is one of labels; choose another name"
            )
        return self

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        for key, names in self.routing.named.items():
            for name in names:
                if name not in self.contact_points:
                    known = ", ".join(sorted(self.contact_points))
                    raise UnsoundError(("routing", *key), f"names the contact point '{name}'; there are {known}")
        switch = self.routing.dead_mans_switch
        if switch and not isinstance(self.contact_points[switch], WebhookContact):
            raise UnsoundError(("routing", "dead_mans_switch"), f"'{switch}' is no webhook; it must be one")
        if self.service == self.exporter:
            raise UnsoundError(("exporter",), "has the service's name; their jobs could not be told apart")
        return self

    @property
    def quiet_environments(self) -> tuple[str, ...]:
        """Environments that wake nobody; the monitoring's own is one of them where every other is."""
        quiet = tuple(name for name, environment in self.environments.items() if not environment.page)
        return (*quiet, MONITORING) if len(quiet) == len(self.environments) else quiet

    def threshold(self, key: ThresholdKey) -> Threshold:
        """Return the runbook's threshold with this file's levels put in."""
        levels = self.thresholds.get(key)
        return effective_threshold(THRESHOLDS[key], levels) if levels else THRESHOLDS[key]


def effective_threshold(threshold: Threshold, levels: Levels) -> Threshold:
    """Return ``threshold`` with the levels that ``levels`` names; raises UnsoundError where they are unsound."""
    chosen = {name: getattr(levels, name) for name in ("warning", "critical") if name in levels.model_fields_set}
    for name, value in chosen.items():
        if value is not None and not threshold.minimum <= value <= threshold.maximum:
            raise UnsoundError(
                (threshold.key, name),
                f"{value:g} is out of range; allowed is {threshold.minimum:g} to {threshold.maximum:g} "
                f"({threshold.unit})",
            )
    warning = chosen.get("warning", threshold.warning)
    critical = chosen.get("critical", threshold.critical)
    if warning is None and critical is None:
        raise UnsoundError((threshold.key,), "both levels are off; an alert needs at least one")
    if warning is not None and critical is not None:
        ordered = warning < critical if threshold.bad is Side.ABOVE else warning > critical
        if not ordered:
            order = "below" if threshold.bad is Side.ABOVE else "above"
            raise UnsoundError((threshold.key,), f"warning ({warning:g}) must be {order} critical ({critical:g})")
    return replace(threshold, warning=warning, critical=critical)
