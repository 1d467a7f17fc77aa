"""``payobs demo``: start, tell where everything is, show how it does, end on Ctrl-C."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from payment_bundle.demo.child import ChildError
from payment_bundle.demo.stack import Stack
from payment_bundle.demo.stop_request import StopRequest, StopRequestedError
from payment_bundle.demo.traffic import Traffic
from payment_bundle.prometheus_api import PrometheusError

if TYPE_CHECKING:
    from payment_bundle.demo.ports import Ports
    from payment_bundle.extending.loading import Extended

_REFRESH = 2.0
_BACKUP_EVERY = 240.0
_ATTACK_PER_SECOND = 60.0
_ATTACK_SECONDS = 420.0


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How much traffic, whether attacked, for how many seconds (0: until Ctrl-C), and where data is kept."""

    payments_per_second: float
    attack: bool
    seconds: float
    keep: Path | None


def run_demo(extended: Extended, ports: Ports, options: DemoOptions) -> None:
    """Run until Ctrl-C, SIGTERM or the end of the time; every child has ended when it returns."""
    console = Console(stderr=False)
    stop = StopRequest()
    directory = options.keep or Path(tempfile.mkdtemp(prefix="payobs-demo-"))
    try:
        with (
            stop,
            Stack(
                extended.settings,
                directory,
                ports,
                os.environ,
                lambda step: console.print(f"  {step} ..."),
                stop.check,
                extended.origins,
            ) as stack,
            Traffic(stack.caller, options.payments_per_second) as traffic,
        ):
            console.print(_addresses(ports, directory), highlight=False)
            if options.attack:
                traffic.attack(_ATTACK_PER_SECOND, _ATTACK_SECONDS)
            _watch(console, stack, options.seconds, stop.noted)
    except StopRequestedError:
        pass
    except ChildError:
        if not stop.noted.is_set():  # a terminal's Ctrl-C reaches short commands as well
            raise
    finally:
        if options.keep is None:
            shutil.rmtree(directory, ignore_errors=True)
    if stop.noted.is_set():
        console.print("ended")


def _addresses(ports: Ports, directory: Path) -> str:
    return "\n".join(
        (
            "",
            f"  dashboards        http://127.0.0.1:{ports.preview}",
            f"  payment service   http://127.0.0.1:{ports.service}/docs",
            f"  its metrics       http://127.0.0.1:{ports.service}/metrics",
            f"  its profiles      http://127.0.0.1:{ports.debug}/debug/pprof/",
            f"  exporter          http://127.0.0.1:{ports.exporter}/metrics",
            f"  Prometheus        http://127.0.0.1:{ports.prometheus}/alerts",
            f"  Alertmanager      http://127.0.0.1:{ports.alertmanager}",
            f"  notifications     http://127.0.0.1:{ports.receiver}",
            f"  gateway simulator http://127.0.0.1:{ports.gateway}",
            f"  logs and data     {directory}",
            "",
            "  Ctrl-C ends it all.",
            "",
        )
    )


def _watch(console: Console, stack: Stack, seconds: float, stop: threading.Event) -> None:
    started = time.monotonic()
    with _Backups(stack), Live(console=console, auto_refresh=False, transient=False) as live:
        while not stop.is_set() and (not seconds or time.monotonic() - started < seconds):
            stack.require_running()
            live.update(Text(_status(stack, time.monotonic() - started)), refresh=True)
            stop.wait(_REFRESH)


class _Backups:
    """Backs the database up now and then, as a cron job would."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_BACKUP_EVERY):
            try:
                self._stack.back_up()
            except ChildError:
                continue  # BackupOverdue will say so


def _status(stack: Stack, running: float) -> str:
    signals = {signal.key: signal for signal in stack.catalog.signals}
    try:
        up = stack.prometheus.value("sum(up)") or 0
        rate = stack.prometheus.value(str(signals["payment_success_ratio"].recordings[0]))
        success = stack.prometheus.value(signals["payment_success_ratio"].expr)
        latency = stack.prometheus.value(signals["api_latency_p95"].expr)
        firing = stack.prometheus.firing()
    except PrometheusError as error:
        return f"{running:5.0f} s  {error}"
    return (
        f"{running:5.0f} s  {up:.0f} targets up  "
        f"{_shown(rate, '{:.1f} payments/s')}  {_shown(success, '{:.1%} succeed')}  "
        f"{_shown(latency, 'p95 {:.3f} s')}  "
        f"{len(stack.receiver.notifications())} notifications  firing: {', '.join(firing) or 'none'}"
    )


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
