"""Names that the objects share with each other and with the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects

if TYPE_CHECKING:
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

CONFIGURATION_FILE = "exporter.yaml"
SECRETS_DIRECTORY = "/run/secrets/payment-exporter"
DATABASE_PASSWORD_FILE = f"{SECRETS_DIRECTORY}/db-password"
ELASTICSEARCH_KEY_FILE = f"{SECRETS_DIRECTORY}/elasticsearch-api-key"


def image(settings: Settings) -> str:
    """Return the image of this version."""
    return kubernetes_objects.image(settings, "payment-exporter")


def labels(settings: Settings) -> dict[str, str]:
    """Return the label by which the exporter's pods are found."""
    return {"app": settings.exporter}


def head(api_version: str, kind: str, settings: Settings, name: str | None = None) -> Object:
    """Return the first lines of an object; it has the exporter's name unless another is given."""
    return kubernetes_objects.head(api_version, kind, settings, name or settings.exporter, labels(settings))
