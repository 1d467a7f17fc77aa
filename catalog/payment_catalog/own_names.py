"""Names that a service has where its settings give none: the runbook's, or its own where others stand beside it."""

from __future__ import annotations

from typing import Any

#: The service that the runbook is about.
RUNBOOKS_SERVICE = "payment-service"


def with_own_names(data: dict[str, Any]) -> dict[str, Any]:
    """Return the raw settings of a service that shares its monitoring, with what is left out named after it.

    Two services that both left everything out would have one exporter, one namespace and one directory of backups.
    """
    service = data.get("service")
    if not isinstance(service, str) or service == RUNBOOKS_SERVICE:
        return data
    exporter = data.get("exporter", f"{service}-exporter")
    named = {
        "exporter": exporter,
        "namespace": service,
        "environments": {"production": {"service": [f"{service}:8080"], "exporter": [f"{exporter}:9877"]}},
    }
    within = {"logs": {"s3_prefix": f"{service}-logs/"}, "backups": {"directory": f"/backups/{service}"}}
    sections = {
        name: {**default, **given} for name, default in within.items() if isinstance(given := data.get(name, {}), dict)
    }
    return {**named, **data, **sections}
