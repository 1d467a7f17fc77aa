"""The real Prometheus and Alertmanager with the generated rules and routes, in front of stubs of those who are told.

What a test could not wait for is shortened in its copy: scraping and evaluation to a second, an alert's ``for`` and
``keep_firing_for``, the group's waits, and the times of the escalation, of which 90 seconds become one. How often a
message is repeated stays. Only the alerts that the tests speak of are loaded, and what escalates them.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
import yaml
from e2e.inboxes import ROUTING_KEY, SLACK_PATH, TOKEN, Inboxes
from e2e.mailbox import PASSWORD, USER, Mailbox
from sockets import free_port
from waiting import wait_until

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.escalation_alerts import escalation_alerts
from payment_alerts.groups import alert_groups
from payment_alerts.prometheus import prometheus
from payment_alerts.rules import rules
from payment_bundle.demo.child import Child, start
from payment_bundle.demo.programs import find_programs
from payment_bundle.prometheus_api import PrometheusApi
from payment_bundle.rendering import render_all
from payment_catalog.catalog import Catalog, build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.escalation import Team
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import EmailContact, PagerDutyContact, SlackContact, Smtp, WebhookContact
from payment_catalog.settings.places import Urls
from payment_catalog.settings.scraping import Scraping

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from e2e.places import Place

    from payment_alerts.alert import Alert, AlertGroup
    from payment_catalog.documents import Document, Documents
    from payment_catalog.settings.contact_points import ContactPoint

_SECOND = timedelta(seconds=1)
#: Between two times that Prometheus tells Alertmanager of an alert; without news for four of them, it counts as over.
_RESEND = "5s"


@dataclass
class Alerting:
    """The running programs. ``alerts`` are the names of those that are loaded."""

    directory: Path
    places: tuple[Place, ...]
    alerts: Collection[str]
    inboxes: Inboxes = field(default_factory=lambda: Inboxes(free_port()))
    mailbox: Mailbox = field(default_factory=lambda: Mailbox(free_port()))
    _port: int = field(default_factory=free_port)
    _prometheus_port: int = field(default_factory=free_port)
    _exit: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Alerting:
        self._write()
        try:
            self._exit.enter_context(self.inboxes)
            self._exit.enter_context(self.mailbox)
            self.start_alertmanager()
            self._start_prometheus()
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def settings(self) -> Settings:
        """The settings of everyone, with a webhook for data issues, and every contact point one of the stubs."""
        points = {**Settings().contact_points, "data-team": WebhookContact(type="webhook", url="http://stub")}
        routing = Settings().routing
        return Settings(
            environments={place.name: place.environment for place in self.places},
            scraping=Scraping(
                interval=_SECOND,
                timeout=_SECOND,
                evaluation_interval=_SECOND,
                alertmanagers=(f"127.0.0.1:{self._port}",),
            ),
            urls=Urls(alertmanager=f"http://127.0.0.1:{self._port}"),
            contact_points={name: self._stub_of(point) for name, point in points.items()},
            routing=routing.model_copy(update={"teams": {**routing.teams, Team.DATA_ISSUE: ("data-team",)}}),
            smtp=Smtp(
                smarthost=f"127.0.0.1:{self.mailbox.port}", username=USER, password_file=self._secret("smtp-password")
            ),
        )

    def _stub_of(self, point: ContactPoint) -> ContactPoint:
        match point:
            case SlackContact():
                changed = {"url_file": self._secret("slack-url")}
            case PagerDutyContact():
                changed = {"routing_key_file": self._secret("routing-key")}
            case WebhookContact():
                url = f"http://127.0.0.1:{self.inboxes.port}/webhook"
                changed = {"url": url, "token_file": self._secret("token")}
            case EmailContact():
                changed = {}
        return point.model_copy(update=changed)

    def _secret(self, name: str) -> str:
        return str(self.directory / "secrets" / name)

    @property
    def catalog(self) -> Catalog:
        return build_catalog(self.settings)

    @property
    def prometheus(self) -> PrometheusApi:
        return PrometheusApi(f"http://127.0.0.1:{self._prometheus_port}")

    def start_alertmanager(self) -> None:
        self.alertmanager = self._child(
            find_programs().alertmanager,
            self._port,
            f"--config.file={self.directory}/{CONFIGURATION}",
            f"--storage.path={self.directory}/alertmanager-data",
            "--cluster.listen-address=",
        )

    def api(self, method: str, path: str, **request: Any) -> Any:
        """Ask Alertmanager's API."""
        answer = requests.request(method, f"http://127.0.0.1:{self._port}/api/v2/{path}", timeout=10, **request)
        answer.raise_for_status()
        return answer.json()

    def active(self, environment: str) -> dict[str, dict[str, Any]]:
        """Return the alerts of an environment that Alertmanager has, by name."""
        alerts = self.api("GET", "alerts", params={"filter": f'environment="{environment}"'})
        return {alert["labels"]["alertname"]: alert for alert in alerts}

    def wait_for_flushes(self, number: int) -> None:
        """Wait until Alertmanager has looked so often, since it was started, whether there is something to tell."""

        def flushes() -> float:
            page = requests.get(f"http://127.0.0.1:{self._port}/metrics", timeout=10).text
            return sum(
                float(line.split()[1])
                for line in page.splitlines()
                if line.startswith("alertmanager_nflog_queries_total")
            )

        wait_until(f"{number} queries of the notification log", lambda: flushes() >= number, 60, pause=0.2)

    def _start_prometheus(self) -> None:
        self._child(
            find_programs().prometheus,
            self._prometheus_port,
            f"--config.file={self.directory}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={self.directory}/prometheus-data",
            f"--rules.alert.resend-delay={_RESEND}",
        )

    def _child(self, program: str, port: int, *flags: str) -> Child:
        name = program.rpartition("/")[2]
        child = start(
            name,
            (program, *flags, f"--web.listen-address=127.0.0.1:{port}"),
            {"PATH": os.environ["PATH"]},
            self.directory / f"{name}.log",
        )
        self._exit.callback(child.stop)
        child.wait_ready(f"http://127.0.0.1:{port}/-/ready", 60)
        return child

    def _write(self) -> None:
        secrets = {
            "slack-url": f"http://127.0.0.1:{self.inboxes.port}{SLACK_PATH}\n",
            "routing-key": f"{ROUTING_KEY}\n",
            "token": TOKEN,
            "smtp-password": PASSWORD,
        }
        files = {f"secrets/{name}": text.encode() for name, text in secrets.items()}
        for path, content in {**render_all(self._documents()), **files}.items():
            file = self.directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def _documents(self) -> Documents:
        catalog = self.catalog
        documents: dict[str, Document] = {
            **prometheus(catalog),
            **rules(catalog, self._loaded(alert_groups(catalog))),
            **alertmanager(catalog, alert_groups(catalog)),
        }
        configuration = documents[CONFIGURATION]
        assert isinstance(configuration, YamlDocument)
        content = yaml.safe_load(yaml.safe_dump(configuration.content))
        content["global"] |= {
            "pagerduty_url": f"http://127.0.0.1:{self.inboxes.port}/v2/enqueue",
            "smtp_require_tls": False,
        }
        without_waits(content["route"])
        return {**documents, CONFIGURATION: YamlDocument(content, configuration.source)}

    def _loaded(self, groups: Iterable[AlertGroup]) -> tuple[AlertGroup, ...]:
        quick = (
            replace(group, alerts=tuple(_quick(alert) for alert in group.alerts if alert.name in self.alerts))
            for group in groups
        )
        loaded = tuple(group for group in quick if group.alerts)
        return (*loaded, *map(_hurried, escalation_alerts(self.catalog, loaded)))


def _quick(alert: Alert) -> Alert:
    return replace(alert, pending=_SECOND, keep_firing=timedelta(0))


def _hurried(group: AlertGroup) -> AlertGroup:
    """Return a group of escalations whose times are over soon."""
    return replace(
        group,
        alerts=tuple(
            replace(alert, expr=re.sub(r">= (\d+)", lambda match: f">= {int(match[1]) // 90}", alert.expr))
            for alert in group.alerts
        ),
    )


def without_waits(route: dict[str, Any]) -> None:
    """Have messages go after a second, and news of a group two seconds later."""
    route |= {"group_wait": "1s", "group_interval": "2s"}
    for child in route.get("routes", []):
        without_waits(child)
