"""Prometheus that only scrapes: an agent that sends all it finds away, or a shard that another asks.

Rules need the series of all targets and are evaluated where those come together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.engines.sending import external_labels, remote_write
from payment_alerts.scraping import scrape_configs, times
from payment_catalog.documents import YamlDocument
from payment_catalog.sends import Sends

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

#: Not kept: labels that begin so are gone after relabeling.
_HASH = "__tmp_hash"


def agents(catalog: Catalog) -> Documents:
    """Return ``agent.yml``, or ``agent-0.yml`` and so on for shards; nothing where one Prometheus does it all."""
    scaling = catalog.settings.scaling
    if scaling.shards > 1:
        return {
            f"prometheus/agent-{shard}.yml": YamlDocument(_configuration(catalog, shard), __name__)
            for shard in range(scaling.shards)
        }
    if scaling.remote_write is None or scaling.remote_write.sends is Sends.GLOBAL:
        return {}
    return {"prometheus/agent.yml": YamlDocument(_configuration(catalog, None), __name__)}


def _configuration(catalog: Catalog, shard: int | None) -> dict[str, Any]:
    settings = catalog.settings
    share = {} if shard is None else {"relabel_configs": _share(shard, settings.scaling.shards)}
    return {
        "global": {**times(settings), **external_labels(settings)},
        "scrape_configs": [{**job, **share} for job in scrape_configs(settings)],
        **remote_write(catalog, evaluates=False),
    }


def _share(shard: int, shards: int) -> list[dict[str, Any]]:
    """Return the relabeling that keeps the targets of one shard, by their addresses."""
    return [
        {"source_labels": ["__address__"], "modulus": shards, "target_label": _HASH, "action": "hashmod"},
        {"source_labels": [_HASH], "regex": str(shard), "action": "keep"},
    ]
