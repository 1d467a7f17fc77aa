"""The Kubernetes objects that the service and its jobs run as, one file for each; none holds a secret.

They need the Secret ``<service>-secrets`` (see ``environment.SECRETS``) and an image with PostgreSQL's client programs.
Nothing here imports what the service itself needs, so that the objects are generated without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import YamlDocument
from payment_catalog.kubernetes_objects import BASE
from payment_service.kubernetes.access import network_policy, service, service_account
from payment_service.kubernetes.deployment import deployment
from payment_service.kubernetes.environment import config_map
from payment_service.kubernetes.jobs import backups_volume, cron_jobs, jobs_network_policy, migration
from payment_service.kubernetes.scaling import autoscaler, disruption_budget

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents


def kubernetes(catalog: Catalog) -> Documents:
    """Return the objects of the service, its migration, its maintenance and its backups.

    Raises ForeseenError for an address of the settings whose port is none.
    """
    settings = catalog.settings
    objects = {
        "serviceaccount": service_account(settings),
        "configmap": config_map(settings),
        "deployment": deployment(settings),
        "service": service(settings),
        "poddisruptionbudget": disruption_budget(settings),
        "horizontalpodautoscaler": autoscaler(settings),
        "networkpolicy": network_policy(settings),
        "migration": migration(settings),
        **{f"cronjob-{name}": job for name, job in cron_jobs(settings).items()},
        "jobs-networkpolicy": jobs_network_policy(settings),
        "backups-persistentvolumeclaim": backups_volume(settings),
    }
    return {f"{BASE}/payment-service-{name}.yaml": YamlDocument(it, __name__) for name, it in objects.items()}
