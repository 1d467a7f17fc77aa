"""What a user of the bundle changes: the content of ``bundle.yaml``, checked once.

Every default is the runbook's. A value that would land in PromQL, YAML or a template is restricted here
to what is safe there, and escaped there all the same.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.kubernetes_metrics import KUBERNETES_JOBS
from payment_catalog.monitoring import MONITORING, MONITORING_JOBS
from payment_catalog.own_names import RUNBOOKS_SERVICE, with_own_names
from payment_catalog.settings.contact_points import (
    ContactPoint,
    EmailContact,
    PagerDutyContact,
    SlackContact,
    Smtp,
    WebhookContact,
)
from payment_catalog.settings.kubernetes import Kubernetes
from payment_catalog.settings.objectives import Levels, Objectives, Recovery, effective_threshold
from payment_catalog.settings.places import Environment, Urls
from payment_catalog.settings.reserved_labels import RESERVED_LABELS
from payment_catalog.settings.routing import Routing
from payment_catalog.settings.scraping import Scaling, Scraping
from payment_catalog.settings.section import Section, UnsoundError
from payment_catalog.settings.storage import Backups, Logs, Retention
from payment_catalog.settings.texts import ExtensionName, LabelName, LabelValue, Name, Registry
from payment_catalog.thresholds import THRESHOLDS, Threshold, ThresholdKey

#: Hosts that are another machine, or another pod, for everyone who names them.
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1"})


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
