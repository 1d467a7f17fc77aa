"""The demo's stack, made to be hurt: at the drills' pace, with programs that can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from payment_alerts.alertmanager import CONFIGURATION
from payment_alerts.groups import alert_groups
from payment_alerts.metrics_missing import METRICS_MISSING_GROUP
from payment_alerts.monitoring_alerts import MONITORING_GROUP
from payment_alerts.rules import rules
from payment_bundle.demo.child import ChildError
from payment_bundle.demo.ports import LOOPBACK
from payment_bundle.demo.stack import Stack
from payment_bundle.drill import saboteur
from payment_bundle.drill.pace import Pace, hastened, hastened_route, scrape_interval
from payment_bundle.extending.reference import added_alerts, reference_catalog
from payment_bundle.generation import generate_documents
from payment_bundle.rendering import render_all
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_service.security.authentication import Scope, key_line, new_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from payment_bundle.demo.child import Child
    from payment_bundle.demo.ports import Ports
    from payment_bundle.drill.postgres import Postgres
    from payment_bundle.extending.origin import Origin
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

_READY_WITHIN = 60.0
_COMMAND_LIMIT = 120.0
#: Requests a second of one merchant: more than the customers make, less than a storm.
RATE_LIMIT = 30
#: Connections of the service's pool: few, so that few requests exhaust it.
POOL = 10
#: Backups are made when a drill wants one: their age is hurried only there.
UNHURRIED = {"payment-backups": 1.0, "payment-backup-verification": 1.0, "payment-failover": 1.0}
#: For up to 5 s after each reload Prometheus knows no Alertmanager, at any speed: two minutes must stay ten seconds.
_MONITORING_SPEED = 12.0


class House(Stack):
    """The running house of a drill. ``postgres`` is its database; without it that is a file of SQLite.

    ``disk`` is a small file system of its own that the exporter watches in place of the machine's, if there is one.
    ``added`` are alerts of extensions: what they are about no drill knows.
    """

    def __init__(  # noqa: PLR0913 - each is handed on to another part
        self,
        settings: Settings,
        directory: Path,
        ports: Ports,
        report: Callable[[str], None],
        check: Callable[[], None],
        *,
        speed: float,
        postgres: Postgres | None,
        disk: Path | None,
        origins: tuple[Origin, ...] = (),
    ) -> None:
        super().__init__(settings, directory, ports, postgres.environment if postgres else {}, report, check, origins)
        self.directory = directory
        self.ports = ports
        self.postgres = postgres
        self.disk = disk
        self.check = check
        self.storm_key = new_key()
        scraping = self.catalog.settings.scraping
        scrape = scrape_interval(settings.scraping.interval, speed) if speed > 1 else scraping.interval
        hurried = scraping.model_copy(
            update={"interval": scrape, "timeout": min(scrape, scraping.timeout), "evaluation_interval": scrape}
        )
        self.catalog = reference_catalog(self.catalog.settings.model_copy(update={"scraping": hurried}), origins)
        self.groups = alert_groups(self.catalog)
        self.added = added_alerts(self.catalog)
        self.pace = _pace(speed, scrape, {})
        self._commands: dict[str, Sequence[str]] = {}
        self._programs_by_name: dict[str, Child] = {}

    @property
    def service_log(self) -> Path:
        """What the service has written."""
        return self.directory / "logs" / "service.log"

    @property
    def backups(self) -> Path:
        """Where the backups are."""
        return self._backups

    @property
    def gateway_url(self) -> str:
        """Address of the simulated gateway."""
        return f"http://{LOOPBACK}:{self.ports.gateway}"

    @property
    def alertmanager_url(self) -> str:
        """Address of Alertmanager."""
        return f"http://{LOOPBACK}:{self.ports.alertmanager}"

    @property
    def profiles_url(self) -> str:
        """Address under which the service shows what it does."""
        return f"http://{LOOPBACK}:{self.ports.debug}/debug/pprof"

    @property
    def environment(self) -> dict[str, str]:
        """What the service is told."""
        return self._environment()

    def turn(self, **knobs: Any) -> None:
        """Set the gateway's knobs; those that are left out are as at the beginning."""
        usual = {"latency_ms": 20, "pending_rate": 0.02}
        requests.post(f"{self.gateway_url}/knobs", json={**usual, **knobs}, timeout=10).raise_for_status()

    def pid(self, name: str) -> int:
        """Return the process of a program."""
        return self._programs_by_name[name].process.pid

    def kill(self, name: str) -> None:
        """End a program as a crash would."""
        process = self._programs_by_name[name].process
        process.kill()
        process.wait(10)

    def restart(self, name: str, ready: str = "") -> None:
        """Start a program that was killed, and wait until ``ready`` answers; raises ChildError."""
        if self._programs_by_name[name].process.poll() is None:
            return
        child = super()._child(name, self._commands[name])
        self._programs_by_name[name] = child
        if ready:
            child.wait_ready(ready, _READY_WITHIN)

    def run_service_command(self, *arguments: str, may_find: bool = False) -> None:
        """Run ``payment-service``; raises ChildError. With ``may_find``, findings are fine."""
        command = (self._commands["gateway"][0], *arguments)
        try:
            done = subprocess.run(  # noqa: S603 - the command is the drill's own
                list(command),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_COMMAND_LIMIT,
                text=True,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ChildError(f"{arguments[0]}: {error}") from None
        if done.returncode and not (may_find and done.returncode == 1):
            raise ChildError(f"{arguments[0]} ended with code {done.returncode}: {done.stderr or done.stdout}")

    def hurry(self, groups: Mapping[str, float]) -> None:
        """Run some rule groups, by name, at speeds of their own, and all others at the usual one."""
        pace = _pace(self.pace.speed, self.pace.scrape, groups)
        if pace == self.pace:
            return
        self.pace = pace
        rendered = render_all(rules(self.catalog, hastened(self.groups, pace)))
        for path, content in rendered.items():
            (self.directory / "generated" / path).write_bytes(content)
        self._reload_prometheus()

    def _reload_prometheus(self) -> None:
        loaded = self._configured()
        deadline = time.monotonic() + _READY_WITHIN
        while self._configured() == loaded:
            if time.monotonic() > deadline:
                raise ChildError("Prometheus does not read its rules anew")
            os.kill(self.pid("prometheus"), signal.SIGHUP)
            time.sleep(1.1)  # it tells the time in whole seconds
            self.check()

    def _configured(self) -> str:
        return str(self.prometheus.get("status/runtimeinfo", {})["lastConfigTime"])

    def _prepare(self) -> None:
        super()._prepare()
        with (self.directory / "api-keys").open("a", encoding="utf-8") as keys:
            keys.write(f"{key_line('storm', self.storm_key, tuple(Scope))}\n")

    def _documents(self) -> Documents:
        documents = generate_documents(self.catalog, self.groups)
        configuration = documents[CONFIGURATION]
        if not isinstance(configuration, YamlDocument):
            raise TypeError(f"{CONFIGURATION} is no YAML")
        content: Any = configuration.content
        hurried = {**content, "route": hastened_route(content["route"], self.pace.speed)}
        return {
            **documents,
            **rules(self.catalog, hastened(self.groups, self.pace)),
            CONFIGURATION: YamlDocument(hurried, configuration.source),
        }

    def _child(self, name: str, command: Sequence[str]) -> Child:
        command = self._altered(name, command)
        self._commands[name] = command
        self._programs_by_name[name] = child = super()._child(name, command)
        return child

    def _altered(self, name: str, command: Sequence[str]) -> Sequence[str]:
        match name:
            case "service":
                return (sys.executable, "-P", str(Path(saboteur.__file__)), *command[1:])
            case "exporter":
                disk = (f"--collector.host.mountpoint={self.disk}",) if self.disk else ()
                return (*command, *self._in_time(), *disk)
            case "gateway":
                return (*command[:4], "--latency-ms", "20", "--pending-rate", "0.02")
        return command

    def _in_time(self) -> tuple[str, str]:
        """Return flags with which the exporter's answers, also those about locks, arrive before a scrape is over."""
        scrape = self.catalog.settings.scraping.timeout
        return (
            f"--web.timeout-offset={format_duration(scrape * 0.1)}",
            f"--collector.timeout={format_duration(scrape * 0.8)}",
        )

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            "RATE_LIMIT": f"{RATE_LIMIT}/second",
            "DB_MAX_CONNECTIONS": str(POOL),
            "FIUU_TIMEOUT_SECONDS": "2",
            "FIUU_SETTLE_SECONDS": "1",
        }


def _pace(speed: float, scrape: timedelta, hurried: Mapping[str, float]) -> Pace:
    monitoring = dict.fromkeys((MONITORING_GROUP, METRICS_MISSING_GROUP), min(speed, _MONITORING_SPEED))
    return Pace(speed, scrape, {**UNHURRIED, **monitoring, **hurried})
