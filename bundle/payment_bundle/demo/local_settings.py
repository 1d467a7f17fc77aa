"""The user's settings, with the addresses of this machine put in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.demo.ports import LOOPBACK
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import WebhookContact
from payment_catalog.settings.places import Environment, Urls
from payment_catalog.settings.scraping import Scraping

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.demo.ports import Ports


def local_settings(settings: Settings, ports: Ports, backups: Path) -> Settings:
    """Return ``settings`` for one environment on loopback, every contact point a local webhook.

    Limits, names, objectives and routes stay the user's, so that the rules are those of ``generated/``.
    """
    changed = {
        "urls": Urls(
            service=_url(ports.service),
            grafana=settings.urls.grafana,
            prometheus=_url(ports.prometheus),
            alertmanager=_url(ports.alertmanager),
            kibana=settings.urls.kibana,
            runbooks=settings.urls.runbooks,
        ),
        "environments": {
            "demo": Environment(service=(f"{LOOPBACK}:{ports.service}",), exporter=(f"{LOOPBACK}:{ports.exporter}",))
        },
        "scraping": Scraping(
            interval=timedelta(seconds=5),
            timeout=timedelta(seconds=4),
            evaluation_interval=timedelta(seconds=5),
            alertmanagers=(f"{LOOPBACK}:{ports.alertmanager}",),
            prometheus=(f"{LOOPBACK}:{ports.prometheus}",),
        ),
        "contact_points": {
            name: WebhookContact(type="webhook", url=f"{_url(ports.receiver)}/notify/{name}")
            for name in settings.contact_points
        },
        "backups": settings.backups.model_copy(update={"directory": str(backups)}),
    }
    return Settings.model_validate({**dict(settings), **changed})


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
