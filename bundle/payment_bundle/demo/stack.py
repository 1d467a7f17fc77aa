"""Starts every program of the demo in order, waits until each is ready, and ends them in reverse."""

from __future__ import annotations

import os
import secrets
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

from payment_bundle.changes import plan_changes
from payment_bundle.demo.child import Child, ChildError, go_on, start
from payment_bundle.demo.local_settings import local_settings
from payment_bundle.demo.ports import LOOPBACK, Ports
from payment_bundle.demo.programs import Programs, find_programs
from payment_bundle.demo.receiver import Receiver
from payment_bundle.demo.traffic import Caller
from payment_bundle.extending.reference import reference_catalog
from payment_bundle.generation import generate_documents
from payment_bundle.manifest import manifest_of
from payment_bundle.preview.server import serve
from payment_bundle.prometheus_api import PrometheusApi
from payment_bundle.rendering import render_all
from payment_bundle.tree import apply_changes, locked
from payment_service.security.authentication import Scope, key_line, new_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from payment_bundle.extending.origin import Origin
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

_READY_WITHIN = 60.0
_COMMAND_LIMIT = 120.0


class Stack:
    """The running house. Use it in a ``with`` block; ``report`` hears of each step, ``check`` may raise to end it.

    ``environment`` is handed to service and exporter: with ``DB_HOST`` in it they use that PostgreSQL,
    else a SQLite file in ``directory``. ``origins`` are extensions, whose rules and panels belong to the house.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is handed on to another part
        self,
        settings: Settings,
        directory: Path,
        ports: Ports,
        environment: Mapping[str, str],
        report: Callable[[str], None],
        check: Callable[[], None] = go_on,
        origins: tuple[Origin, ...] = (),
    ) -> None:
        self._directory = directory
        self._ports = ports
        self._base_environment = environment
        self._report = report
        self._check = check
        self._exit = ExitStack()
        self._children: list[Child] = []
        self._key = new_key()
        self._backups = directory / "backups"
        self.catalog: Catalog = reference_catalog(local_settings(settings, ports, self._backups), origins)
        self.receiver = Receiver(ports.receiver)

    @property
    def caller(self) -> Caller:
        """A customer's address and key."""
        return Caller(_url(self._ports.service), self._key)

    @property
    def prometheus(self) -> PrometheusApi:
        """The running Prometheus."""
        return PrometheusApi(_url(self._ports.prometheus))

    def __enter__(self) -> Stack:
        """Start everything; raises ChildError, ProgramMissingError, PortTakenError or TreeError."""
        programs = find_programs()
        self._ports.require_free()
        try:
            self._prepare()
            self._exit.enter_context(self.receiver)
            self._start_payments(programs)
            self._start_monitoring(programs)
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every program, the last started first."""
        self._exit.close()

    def require_running(self) -> None:
        """Raise ChildError when a program has ended by itself."""
        for child in self._children:
            child.require_running()

    def back_up(self) -> None:
        """Write a backup of the database and verify it; raises ChildError."""
        for command in ("backup", "verify-backup"):
            self._run(command, (find_programs().service, command, "--directory", str(self._backups)))

    def _prepare(self) -> None:
        for name in ("logs", "backups", "prometheus-data", "alertmanager-data"):
            (self._directory / name).mkdir(parents=True, exist_ok=True)
        self._write_secret("api-keys", key_line("demo", self._key, tuple(Scope)))
        for name in ("fiuu-verify-key", "fiuu-secret-key"):
            self._write_secret(name, secrets.token_hex(16))
        self._generate()

    def _write_secret(self, name: str, text: str) -> None:
        file = self._directory / name
        file.touch(mode=0o600)
        file.write_text(f"{text}\n", encoding="utf-8")

    def _generate(self) -> None:
        documents = self._documents()
        rendered = render_all(documents)
        out = self._directory / "generated"
        with locked(out):
            apply_changes(out, rendered, plan_changes(out, {}, manifest_of(documents, rendered), rendered))

    def _documents(self) -> Documents:
        return generate_documents(self.catalog)

    def _start_payments(self, programs: Programs) -> None:
        ports = self._ports
        self._child(
            "redis",
            (programs.redis, "--port", str(ports.redis), "--bind", LOOPBACK, "--save", "", "--appendonly", "no"),
        )
        gateway = self._child(
            "gateway",
            (
                *(programs.service, "simulate-gateway", "--port", str(ports.gateway)),
                *("--decline-rate", "0.03", "--pending-rate", "0.05"),
            ),
        )
        gateway.wait_ready(f"{_url(ports.gateway)}/health", _READY_WITHIN)
        self._run("migrate", (programs.service, "migrate", "up"))
        service = self._child(
            "service", (programs.service, "serve", "--port", str(ports.service), "--notice-seconds", "0")
        )
        service.wait_ready(f"{_url(ports.service)}/ready", _READY_WITHIN)
        self.back_up()
        exporter = self._child(
            "exporter",
            (
                programs.exporter,
                f"--web.listen-address={LOOPBACK}:{ports.exporter}",
                f"--collector.backup.directory={self._backups}",
                f"--collector.probe.target={_url(ports.service)}",
            ),
        )
        exporter.wait_ready(f"{_url(ports.exporter)}/-/healthy", _READY_WITHIN)

    def _start_monitoring(self, programs: Programs) -> None:
        ports = self._ports
        generated = self._directory / "generated"
        alertmanager = self._child(
            "alertmanager",
            (
                programs.alertmanager,
                f"--config.file={generated}/alertmanager/alertmanager.yml",
                f"--storage.path={self._directory}/alertmanager-data",
                f"--web.listen-address={LOOPBACK}:{ports.alertmanager}",
                "--cluster.listen-address=",
            ),
        )
        alertmanager.wait_ready(f"{_url(ports.alertmanager)}/-/ready", _READY_WITHIN)
        prometheus = self._child(
            "prometheus",
            (
                programs.prometheus,
                f"--config.file={generated}/prometheus/prometheus.yml",
                f"--storage.tsdb.path={self._directory}/prometheus-data",
                f"--web.listen-address={LOOPBACK}:{ports.prometheus}",
                "--storage.tsdb.retention.time=1d",
                "--enable-feature=exemplar-storage",
            ),
        )
        prometheus.wait_ready(f"{_url(ports.prometheus)}/-/ready", _READY_WITHIN)
        self._check()
        self._report("starting dashboards")
        self._exit.enter_context(serve(self.catalog, self.prometheus, ports.preview))

    def _child(self, name: str, command: Sequence[str]) -> Child:
        self._check()
        self._report(f"starting {name}")
        child = start(name, command, self._environment(), self._directory / "logs" / f"{name}.log", self._check)
        self._children.append(child)
        self._exit.callback(child.stop)
        return child

    def _run(self, name: str, command: Sequence[str]) -> None:
        try:
            subprocess.run(  # noqa: S603 - the commands are the demo's own
                list(command),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_COMMAND_LIMIT,
                check=True,
                text=True,
            )
        except subprocess.CalledProcessError as error:
            raise ChildError(f"{name} ended with code {error.returncode}: {error.stderr or error.stdout}") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ChildError(f"{name}: {error}") from None

    def _environment(self) -> dict[str, str]:
        return {
            "DB_SQLITE_PATH": str(self._directory / "payments.db"),
            **self._base_environment,
            "PATH": os.environ.get("PATH", os.defpath),
            "REDIS_HOST": LOOPBACK,
            "REDIS_PORT": str(self._ports.redis),
            "FIUU_BASE_URL": _url(self._ports.gateway),
            "FIUU_MERCHANT_ID": "demo",
            "FIUU_VERIFY_KEY_FILE": str(self._directory / "fiuu-verify-key"),
            "FIUU_SECRET_KEY_FILE": str(self._directory / "fiuu-secret-key"),
            "FIUU_CALLBACK_URL": f"{_url(self._ports.service)}/fiuu/callback",
            "PAYMENT_API_KEYS_FILE": str(self._directory / "api-keys"),
            "RATE_LIMIT": "1000/second",
            "DEBUG_PORT": str(self._ports.debug),
        }


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
