"""Names that can be given once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_alerts.groups import recordings
from payment_catalog.dashboards import Dashboard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog

_THE_BUNDLE = "the bundle"


class Named(StrEnum):
    """What has a name that nothing else of its kind may have."""

    SERIES = "series"
    ALERT = "alert"
    GROUP = "group of rules"
    FILE = "file of rules"
    DASHBOARD = "dashboard"


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has which name: whoever claimed it first."""

    owners: dict[tuple[Named, str], str] = field(default_factory=dict)

    def claim(self, kind: Named, owner: str, *names: str) -> str:
        """Give ``owner`` the names; return what is wrong with the first that is taken, or an empty text."""
        taken = next((name for name in names if (kind, name) in self.owners), None)
        wrong = f"{self.owners[kind, taken]} has the {kind} '{taken}' already" if taken else ""
        for name in names:
            self.owners.setdefault((kind, name), owner)
        return wrong


def taken_by_the_bundle(catalog: Catalog, groups: Sequence[AlertGroup]) -> Taken:
    """Return the names in ``catalog`` and in ``groups``, which are the bundle's own."""
    taken = Taken()
    names: dict[Named, Iterable[str]] = {
        Named.SERIES: (
            *(name for metric in catalog.metrics for name in (metric.name, *metric.series_names)),
            *(rule.record for rule in (*catalog.recordings, *recordings(groups))),
        ),
        Named.ALERT: (alert.name for group in groups for alert in group.alerts),
        Named.GROUP: (group.name for group in groups),
        Named.FILE: (group.file for group in groups),
        Named.DASHBOARD: map(str, Dashboard),
    }
    for kind, found in names.items():
        taken.claim(kind, _THE_BUNDLE, *found)
    return taken
