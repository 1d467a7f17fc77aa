"""Labels that belong to the bundle."""

from __future__ import annotations

#: Labels that the bundle itself attaches to series and alerts.
RESERVED_LABELS = frozenset(
    {"alertname", "severity", "priority", "team", "incident", "level", "environment", "namespace", "job", "instance"}
    | {"alertmanager", "collector", "container", "currency", "integration", "method", "metric", "pod", "reason"}
    | {"rule_group", "table", "target"}
)
