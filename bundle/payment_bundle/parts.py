"""The parts of what is generated: the directories below the output directory."""

from __future__ import annotations

#: What ``--only`` can name.
PARTS = (
    "grafana",
    "prometheus",
    "alertmanager",
    "fluentd",
    "elasticsearch",
    "kibana",
    "kubernetes",
    "runbooks",
    "schema",
)


def part_of(path: str) -> str:
    """Return the part that ``path`` belongs to."""
    return path.split("/", 1)[0]
