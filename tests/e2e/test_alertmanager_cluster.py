"""Two Prometheus that watch the same, and two Alertmanagers that are one cluster: one message of one alert."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from e2e.alerting import without_waits
from e2e.inboxes import TOKEN, Inboxes
from sockets import free_port
from waiting import wait_until

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.groups import alert_groups
from payment_alerts.prometheus import prometheus
from payment_bundle.demo.child import start
from payment_bundle.demo.programs import find_programs
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import WebhookContact
from payment_catalog.settings.places import Environment
from payment_catalog.settings.routing import Routing
from payment_catalog.settings.scraping import Scaling, Scraping
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECOND = timedelta(seconds=1)
NOBODY = "127.0.0.1:1"
REPLICA = "prometheus_replica"
ALERT = {"priority": Priority.P1.value, "severity": "critical", "team": "service-outage", "incident": "high-error-rate"}
#: By how much the second of the cluster lets the first go before it, and may find that it has told.
PEER_SECONDS = 5


class House:
    """The addresses of two Alertmanagers, and the inbox that both would fill."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self.stack = stack
        self.inbox = stack.enter_context(Inboxes(free_port()))
        self.alertmanagers = tuple(f"127.0.0.1:{free_port()}" for _ in range(2))
        self._gossip = tuple(f"127.0.0.1:{free_port()}" for _ in range(2))

    @property
    def settings(self) -> Settings:
        token = self.directory / "token"
        token.write_text(TOKEN)
        webhook = WebhookContact(
            type="webhook", url=f"http://127.0.0.1:{self.inbox.port}/webhook", token_file=str(token)
        )
        return Settings(
            environments={"production": Environment(service=(NOBODY,), exporter=(NOBODY,))},
            scraping=Scraping(
                interval=SECOND, timeout=SECOND, evaluation_interval=SECOND, alertmanagers=self.alertmanagers
            ),
            scaling=Scaling(replica_label=REPLICA),
            contact_points={"somebody": webhook},
            routing=Routing(priorities=dict.fromkeys(Priority, ("somebody",)), teams={}, escalation={}),
        )

    def write(self) -> None:
        catalog = build_catalog(self.settings)
        for path, content in render_all(
            {**prometheus(catalog), **alertmanager(catalog, alert_groups(catalog))}
        ).items():
            file = self.directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        file = self.directory / CONFIGURATION
        content = yaml.safe_load(file.read_text())
        without_waits(content["route"])
        file.write_text(yaml.safe_dump(content))
        (self.directory / "prometheus/rules").mkdir()
        trial = {"alert": "Trial", "expr": "vector(1)", "labels": ALERT, "annotations": {"summary": "A trial"}}
        (self.directory / "prometheus/rules/trial.yaml").write_text(
            yaml.safe_dump({"groups": [{"name": "trial", "rules": [trial]}]})
        )

    def start_alertmanagers(self) -> None:
        for number, address in enumerate(self.alertmanagers):
            self._start(
                f"alertmanager-{number}",
                address,
                find_programs().alertmanager,
                f"--config.file={self.directory / CONFIGURATION}",
                f"--storage.path={self.directory}/alertmanager-{number}",
                f"--cluster.listen-address={self._gossip[number]}",
                f"--cluster.peer={self._gossip[1 - number]}",
                "--cluster.settle-timeout=1s",
                f"--cluster.peer-timeout={PEER_SECONDS}s",
            )
        for address in self.alertmanagers:
            wait_until("the cluster", lambda at=address: figure(at, "alertmanager_cluster_members") == 2, 60, 0.1)  # type: ignore[misc]

    def start_replicas(self) -> None:
        for number in range(2):
            self._start(
                f"prometheus-{number}",
                f"127.0.0.1:{free_port()}",
                "prometheus",
                f"--config.file={self.directory}/prometheus/prometheus.yml",
                f"--storage.tsdb.path={self.directory}/prometheus-{number}",
                # Prometheus 3 does so without being asked.
                "--enable-feature=expand-external-labels",
                # What it found before it knew an Alertmanager is not told for a minute otherwise.
                "--rules.alert.resend-delay=1s",
            )

    def _start(self, name: str, address: str, *command: str) -> None:
        child = start(
            name,
            (*command, f"--web.listen-address={address}"),
            {"PATH": os.environ["PATH"], "HOSTNAME": name},
            self.directory / f"{name}.log",
        )
        self.stack.callback(child.stop)
        child.wait_ready(f"http://{address}/-/ready", 60)

    def alerts(self, address: str) -> list[dict[str, Any]]:
        answer = requests.get(f"http://{address}/api/v2/alerts", timeout=10)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found


def figure(address: str, metric: str) -> float:
    page = requests.get(f"http://{address}/metrics", timeout=10).text
    return sum(float(line.split()[1]) for line in page.splitlines() if line.split("{")[0].split()[0] == metric)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        found = House(tmp_path, stack)
        found.write()
        yield found


def test_two_servers_and_two_alertmanagers_send_one_message(house: House) -> None:
    house.start_alertmanagers()
    house.start_replicas()
    for address in house.alertmanagers:
        # The second look of a group comes when what followed from the first is over.
        wait_until(
            f"{address} has looked twice whether there is something to tell",
            lambda at=address: figure(at, "alertmanager_nflog_queries_total") >= 2,  # type: ignore[misc]
            60,
            0.2,
        )
        (alert,) = house.alerts(address)
        assert alert["labels"] == {"alertname": "Trial", **ALERT}
    (message,) = house.inbox.of("webhook")
    assert [one["labels"]["alertname"] for one in message["alerts"]] == ["Trial"]
    assert not house.inbox.refused
