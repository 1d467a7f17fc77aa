"""What a pod of the service is told: variables from a ConfigMap, secrets from files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects
from payment_catalog.kubernetes_objects import config_map_name, secret_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

SECRETS_DIRECTORY = "/run/secrets/payment-service"
#: Key of the Secret → variable that names its file. The first is all that the database's jobs need.
SECRETS = {
    "DB_PASSWORD": "DB_PASSWORD_FILE",
    "FIUU_VERIFY_KEY": "FIUU_VERIFY_KEY_FILE",
    "FIUU_SECRET_KEY": "FIUU_SECRET_KEY_FILE",
    "PAYMENT_API_KEYS": "PAYMENT_API_KEYS_FILE",
}
DATABASE_SECRETS = ("DB_PASSWORD",)


def labels(settings: Settings) -> dict[str, str]:
    """Return the runbook's label of the service's pods."""
    return {"app": settings.service}


def variables(settings: Settings) -> dict[str, str]:
    """Return the runbook's environment variables, none of which is a secret."""
    named = settings.kubernetes
    database, _, database_port = named.database.rpartition(":")
    redis, _, redis_port = named.redis.rpartition(":")
    return {
        "DB_HOST": database,
        "DB_PORT": database_port,
        "DB_NAME": named.database_name,
        "DB_USER": named.database_user,
        "DB_MAX_CONNECTIONS": "25",
        "DB_MAX_IDLE_CONNECTIONS": "5",
        "REDIS_HOST": redis,
        "REDIS_PORT": redis_port,
        "FIUU_BASE_URL": named.gateway,
        "FIUU_MERCHANT_ID": named.merchant_id,
        "FIUU_CALLBACK_URL": f"{settings.urls.service}/fiuu/callback",
        "FORWARDED_ALLOW_IPS": ",".join(named.proxies),
    }


def config_map(settings: Settings) -> Object:
    """Return the object that carries the variables, under the name that the runbook backs up."""
    name = config_map_name(settings)
    return {
        **kubernetes_objects.head("v1", "ConfigMap", settings, name, labels(settings)),
        "data": variables(settings),
    }


def checksum(settings: Settings) -> dict[str, str]:
    """Return the annotation by which other variables make other pods."""
    text = "\n".join(f"{name}={value}" for name, value in variables(settings).items())
    return {"checksum/config": hashlib.sha256(text.encode()).hexdigest()}


def environment(settings: Settings, secrets: Iterable[str]) -> Object:
    """Return the part of a container that sets its variables; ``secrets`` are keys of the Secret."""
    files = [{"name": SECRETS[key], "value": f"{SECRETS_DIRECTORY}/{_file(key)}"} for key in secrets]
    return {"envFrom": [{"configMapRef": {"name": config_map_name(settings)}}], "env": files}


def secrets_volume(settings: Settings, secrets: Iterable[str]) -> Object:
    """Return the volume with those files; a directory, as a file mounted by itself would never change."""
    items = [{"key": key, "path": _file(key)} for key in secrets]
    source = {"secretName": secret_name(settings), "defaultMode": 0o444, "items": items}
    return {"name": "secrets", "secret": source}


def secrets_mount() -> Object:
    """Return where a container sees them."""
    return {"name": "secrets", "mountPath": SECRETS_DIRECTORY, "readOnly": True}


def scratch_volume(size: str) -> Object:
    """Return the only place of the root file system that can be written to, for as long as the pod lives."""
    return {"name": "scratch", "emptyDir": {"sizeLimit": size}}


def scratch_mount() -> Object:
    """Return where a container sees it."""
    return {"name": "scratch", "mountPath": "/tmp"}  # noqa: S108 - it is the pod's own


def _file(key: str) -> str:
    return key.lower().replace("_", "-")
