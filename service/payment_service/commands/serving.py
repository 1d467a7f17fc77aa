"""What runs until it is stopped: the service, its worker, the simulated gateway."""

from __future__ import annotations

from typing import Annotated

import typer

from payment_catalog.database_settings import DatabaseSettings
from payment_service.commands.database import bring_up, current_schema
from payment_service.ledger.migrations import NOT_CURRENT
from payment_service.logs import configure_logging
from payment_service.security.authentication import read_api_keys
from payment_service.server import serve as serve_application
from payment_service.settings import AccountSettings, ConfigurationError, ServiceSettings, read_environment

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
Notice = Annotated[
    float, typer.Option(min=0, max=300, help="Seconds after SIGTERM in which /ready says 503 and requests are served.")
]
Drain = Annotated[int, typer.Option(min=0, max=300, help="Seconds that requests have to end after that.")]
Share = Annotated[float, typer.Option(min=0, max=1)]
Milliseconds = Annotated[float, typer.Option(min=0, max=60_000)]


def serve(  # noqa: PLR0913 - one flag for each
    host: Host = "127.0.0.1",
    port: Port = 8080,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Processes that serve; their metrics are one.")] = 1,
    *,
    migrate_first: Annotated[bool, typer.Option("--migrate", help="Bring the schema up to date first.")] = False,
    notice_seconds: Notice = 3,
    drain_seconds: Drain = 20,
) -> None:
    """Serve the API. Settings come from DB_*, REDIS_*, FIUU_*, PAYMENT_API_KEYS_FILE, RATE_LIMIT and DEBUG_PORT."""
    _require_settings(migrate_first=migrate_first)
    serve_application(
        "payment_service.asgi:service",
        host,
        port,
        workers=workers,
        notice_seconds=notice_seconds,
        drain_seconds=drain_seconds,
    )


def worker(host: Host = "127.0.0.1", port: Port = 8082, *, drain_seconds: Drain = 20) -> None:
    """Find out unknown outcomes, apart from the service (PAYMENT_RECONCILE=false there); /metrics is on the port."""
    _require_settings(migrate_first=False)
    serve_application("payment_service.asgi:worker", host, port, drain_seconds=drain_seconds)


def simulate_gateway(  # noqa: PLR0913 - one flag for each knob
    host: Host = "127.0.0.1",
    port: Port = 8081,
    *,
    latency_ms: Milliseconds = 40,
    error_rate: Share = 0,
    decline_rate: Share = 0,
    pending_rate: Share = 0,
    callback_delay_ms: Milliseconds = 500,
    lost_callback_rate: Share = 0,
    wrong_signature_rate: Share = 0,
    hang: Annotated[bool, typer.Option("--hang", help="Do what is asked, and do not answer.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed behaves the same.")] = 0,
) -> None:
    """Serve a gateway that moves no money, for the account in FIUU_*; POST /knobs changes its behaviour."""
    from payment_service.gateway.simulator import Knobs, create_simulator  # noqa: PLC0415 - nobody else needs FastAPI

    account = read_environment(AccountSettings).read_credentials()
    knobs = Knobs(
        latency_ms=latency_ms,
        error_rate=error_rate,
        decline_rate=decline_rate,
        pending_rate=pending_rate,
        callback_delay_ms=callback_delay_ms,
        lost_callback_rate=lost_callback_rate,
        wrong_signature_rate=wrong_signature_rate,
        hang=hang,
    )
    configure_logging()
    serve_application(lambda: create_simulator(account, knobs, seed), host, port, drain_seconds=1)


def _require_settings(*, migrate_first: bool) -> None:
    """Say what is wrong before a server starts; raises ConfigurationError."""
    settings, database = read_environment(ServiceSettings), read_environment(DatabaseSettings)
    settings.read_credentials()
    read_api_keys(settings.payment_api_keys_file)
    if migrate_first:
        bring_up(database)
    if not current_schema(database).is_current:
        raise ConfigurationError(NOT_CURRENT)
