"""The service as it is run, with gateway, Redis and database, each of which can be hurt."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from service_command import migrate
from sockets import free_ports

from payment_bundle.demo.child import Child, start
from payment_bundle.demo.ports import LOOPBACK, Ports
from payment_service.security.authentication import Scope, key_line

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "psk_a-merchant-of-the-end-to-end-tests"
PROGRAM = str(Path(sys.executable).with_name("payment-service"))
_READY_WITHIN = 60.0


@dataclass
class Shop:
    """Programs with their logs in ``directory``. ``database`` has the variables ``DB_*``."""

    directory: Path
    database: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    serve_flags: tuple[str, ...] = ("--notice-seconds", "0")
    ports: Ports = field(default_factory=free_ports)
    _exit: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Shop:
        (self.directory / "keys").write_text(f"{key_line('shop', KEY, tuple(Scope))}\n")
        migrate(self.environment)
        try:
            gateway = self.start_child("gateway", PROGRAM, "simulate-gateway", "--port", str(self.ports.gateway))
            gateway.wait_ready(f"{self.gateway_url}/health", _READY_WITHIN)
            self.turn()
            self.start_redis()
            self.start_service()
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.service}"

    @property
    def gateway_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.gateway}"

    @property
    def log(self) -> str:
        """What the service has written."""
        return (self.directory / "service.log").read_text(errors="replace")

    def start_service(self) -> None:
        self.service = self.start_child(
            "service", PROGRAM, "serve", "--port", str(self.ports.service), *self.serve_flags
        )
        self.service.wait_ready(f"{self.url}/ready", _READY_WITHIN)

    def start_redis(self) -> None:
        options = ("--port", str(self.ports.redis), "--bind", LOOPBACK, "--save", "", "--appendonly", "no")
        self.redis = self.start_child("redis", "redis-server", *options)

    def turn(self, **knobs: Any) -> None:
        """Set the gateway's knobs."""
        requests.post(f"{self.gateway_url}/knobs", json={"latency_ms": 10, **knobs}, timeout=10).raise_for_status()

    def booked(self) -> list[dict[str, Any]]:
        """What the gateway has in its books."""
        ledger: list[dict[str, Any]] = requests.get(f"{self.gateway_url}/ledger", timeout=30).json()
        return ledger

    def ready(self) -> dict[str, Any]:
        """What /ready says."""
        report: dict[str, Any] = requests.get(f"{self.url}/ready", timeout=10).json()
        return report

    def start_child(self, name: str, *command: str, **settings: str) -> Child:
        """Start a program, which ends with the shop."""
        child = start(name, command, {**self.environment, **settings}, self.directory / f"{name}.log")
        self._exit.callback(child.stop)
        return child

    @property
    def environment(self) -> dict[str, str]:
        """What every program of the shop is told."""
        ours = ("DB_", "FIUU_", "REDIS_", "PAYMENT_")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            **self.database,
            "REDIS_HOST": LOOPBACK,
            "REDIS_PORT": str(self.ports.redis),
            "FIUU_BASE_URL": self.gateway_url,
            "FIUU_MERCHANT_ID": "shop",
            "FIUU_VERIFY_KEY": "verify-key-of-the-end-to-end-tests",
            "FIUU_SECRET_KEY": "secret-key-of-the-end-to-end-tests",
            # Longer than any test's machine is busy: a gateway that is not told to be slow never is.
            "FIUU_TIMEOUT_SECONDS": "20",
            "FIUU_SETTLE_SECONDS": "1",
            "FIUU_CALLBACK_URL": f"{self.url}/fiuu/callback",
            "PAYMENT_API_KEYS_FILE": str(self.directory / "keys"),
            "RATE_LIMIT": "10000/second",
            "DEBUG_PORT": str(self.ports.debug),
            **self.settings,
        }
