"""The names that a service claims: no two services of a fleet may have one of them in the same place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.grafana_names import dashboard_uid, folder_uid
from payment_catalog.log_streams import data_view_id
from payment_catalog.monitoring import FLEET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from payment_catalog.settings import Settings

_REMEDY = "give each its own, or each its own server (urls)"


@dataclass(frozen=True, slots=True)
class Names:
    """What a service is called, where its Prometheus is, and what it claims.

    ``scraping`` is how that Prometheus scrapes and evaluates, which its services must agree about.
    """

    service: str
    namespace: str
    prometheus: str
    shared: bool
    scraping: str
    claims: tuple[str, ...]


def names_of(settings: Settings) -> Names:
    """Return the names of a service."""
    urls = settings.urls
    uids = (folder_uid(settings), *(dashboard_uid(settings, dashboard) for dashboard in Dashboard))
    return Names(
        settings.service,
        settings.namespace,
        urls.prometheus,
        settings.shared,
        settings.scraping.model_dump_json(),
        (
            f"job '{settings.service}' in {urls.prometheus}",
            f"job '{settings.exporter}' in {urls.prometheus}",
            f"namespace '{settings.namespace}' in {urls.prometheus}",
            *(f"uid '{uid}' in {urls.grafana}" for uid in uids),
            f"data view '{data_view_id(settings)}' in {urls.kibana}",
        ),
    )


def clashes(known: Mapping[Path, Names]) -> dict[Path, str]:
    """Return what is wrong with the names of each file that has one of another's, or one of the fleet's own."""
    holders: dict[str, list[Path]] = defaultdict(list)
    servers: dict[str, list[Path]] = defaultdict(list)
    for file, names in known.items():
        servers[names.prometheus].append(file)
        for claim in names.claims:
            holders[claim].append(file)
    reasons: dict[Path, str] = {}
    for claim, files in holders.items():
        for file in files if len(files) > 1 else ():
            other = next(found for found in files if found != file)
            reasons.setdefault(file, f"has the {claim}, as {other} has; {_REMEDY}")
        if claim.startswith((f"job '{FLEET}' ", f"namespace '{FLEET}' ")):
            reasons.setdefault(files[0], f"has the {claim}, which is the fleet's own; choose another name")
    for prometheus, files in servers.items():
        first = known[files[0]]
        for file in files[1:]:
            if not (first.shared and known[file].shared):
                reasons.setdefault(file, f"has {prometheus} as {files[0]} has, and one of them is not 'shared'")
            elif known[file].scraping != first.scraping:
                reasons.setdefault(file, f"has another 'scraping' than {files[0]}; {prometheus} can have one only")
    return reasons
