"""The options of ``payobs demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.demo.ports import Ports
from payment_bundle.extending.loading import load_sound
from payment_bundle.options import ConfigOption, PortOption  # noqa: TC001 - typer reads them


def demo(  # noqa: PLR0913 - one flag for each port
    config: ConfigOption = Path("bundle.yaml"),
    *,
    service_port: PortOption = Ports.service,
    exporter_port: PortOption = Ports.exporter,
    prometheus_port: PortOption = Ports.prometheus,
    alertmanager_port: PortOption = Ports.alertmanager,
    preview_port: PortOption = Ports.preview,
    receiver_port: PortOption = Ports.receiver,
    gateway_port: PortOption = Ports.gateway,
    redis_port: PortOption = Ports.redis,
    debug_port: PortOption = Ports.debug,
    rate: Annotated[float, typer.Option(min=0.1, max=100, help="Payments a second.")] = 5,
    attack: Annotated[
        bool, typer.Option("--attack", help="Guess keys and scan paths until the security alerts fire.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0, help="End after this time; 0 runs until Ctrl-C.")] = 0,
    keep: Annotated[Path | None, typer.Option(help="Directory for logs and data that outlives the demo.")] = None,
) -> None:
    """Run service, gateway simulator, traffic, exporter, Prometheus and Alertmanager on this machine."""
    from payment_bundle.demo.command import DemoOptions, run_demo  # noqa: PLC0415 - generate and check do without its packages

    ports = Ports(
        service_port,
        exporter_port,
        prometheus_port,
        alertmanager_port,
        preview_port,
        receiver_port,
        gateway_port,
        redis_port,
        debug_port,
    )
    run_demo(load_sound(config), ports, DemoOptions(rate, attack, seconds, keep))
