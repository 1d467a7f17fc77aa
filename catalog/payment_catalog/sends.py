"""What a Prometheus sends to another store."""

from __future__ import annotations

from enum import StrEnum


class Sends(StrEnum):
    """Which series are sent by remote write.

    ``declared`` are those that are scraped and that the catalogue declares: all that rules and dashboards may read.
    ``all`` is everything that is scraped. ``global`` are the recorded series of the global view, sent by a Prometheus
    that evaluates the rules.
    """

    DECLARED = "declared"
    ALL = "all"
    GLOBAL = "global"
