"""Names that the objects share with each other and with the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from payment_catalog.release import release

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

Object: TypeAlias = dict[str, Any]

#: The image's account, which owns nothing in it.
ACCOUNT = 65532
PORT = 9877
PORT_NAME = "metrics"
SERVICE_PORT = 8080
CONFIGURATION_FILE = "exporter.yaml"
SECRETS_DIRECTORY = "/run/secrets/payment-exporter"
DATABASE_PASSWORD_FILE = f"{SECRETS_DIRECTORY}/db-password"
ELASTICSEARCH_KEY_FILE = f"{SECRETS_DIRECTORY}/elasticsearch-api-key"


def image(settings: Settings) -> str:
    """Return the image of this version."""
    return f"{settings.registry}/payment-exporter:v{release()}"


def labels(settings: Settings) -> dict[str, str]:
    """Return the label by which the exporter's pods are found."""
    return {"app": settings.exporter}


def head(api_version: str, kind: str, settings: Settings, name: str | None = None) -> Object:
    """Return the first lines of an object; it has the exporter's name unless another is given."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name or settings.exporter,
            "namespace": settings.namespace,
            "labels": labels(settings),
        },
    }
