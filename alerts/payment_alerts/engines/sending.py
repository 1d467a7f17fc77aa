"""What leaves a Prometheus: the labels that say where series come from, and remote write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_catalog.global_view import global_view
from payment_catalog.sends import Sends

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings

#: Filled in by Prometheus 3, and by 2.42 with ``--enable-feature=expand-external-labels``.
_HOST = "${HOSTNAME}"
#: What Prometheus 3 has by default, for 2.42 too: fewer connections and larger requests.
_QUEUE = {"capacity": 10_000, "max_shards": 50, "max_samples_per_send": 2_000, "retry_on_http_429": True}


def external_labels(settings: Settings) -> dict[str, Any]:
    """Return the part of ``global`` with the labels of everything that leaves; nothing where there are none."""
    replica = {settings.scaling.replica_label: _HOST} if settings.scaling.replica_label else {}
    labels = {**settings.labels, **replica}
    return {"external_labels": labels} if labels else {}


def same_alerts(settings: Settings) -> dict[str, Any]:
    """Return the part of ``alerting`` by which the alerts of two replicas are the same for Alertmanager."""
    replica = settings.scaling.replica_label
    return {"alert_relabel_configs": [{"action": "labeldrop", "regex": replica}]} if replica else {}


def remote_write(catalog: Catalog, *, evaluates: bool) -> dict[str, Any]:
    """Return the section ``remote_write`` of a Prometheus that evaluates the rules, or of one that only scrapes."""
    wanted = catalog.settings.scaling.remote_write
    if wanted is None or (wanted.sends is Sends.GLOBAL) is not evaluates:
        return {}
    names = {
        Sends.ALL: (),
        Sends.DECLARED: declared_names(catalog),
        Sends.GLOBAL: (one.name for one in global_view(catalog.settings)),
    }[wanted.sends]
    kept = _kept(names)
    return {
        "remote_write": [
            {
                "name": f"{catalog.settings.service}-{wanted.sends}",
                "url": wanted.url,
                **({"headers": {"X-Scope-OrgID": wanted.tenant}} if wanted.tenant else {}),
                **({"authorization": {"credentials_file": wanted.token_file}} if wanted.token_file else {}),
                **({"write_relabel_configs": kept} if kept else {}),
                "queue_config": _QUEUE,
            }
        ]
    }


def declared_names(catalog: Catalog) -> tuple[str, ...]:
    """Return every series name that is scraped and that rules and dashboards may read, in order of the alphabet."""
    return tuple(sorted({name for metric in catalog.metrics for name in metric.series_names}))


def _kept(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the relabeling that keeps ``names``, which are no patterns; all where there are none."""
    pattern = "|".join(names)
    return [{"source_labels": ["__name__"], "regex": pattern, "action": "keep"}] if pattern else []
