"""How a global Prometheus fetches the global view from this one, where nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payment_catalog.documents import YamlDocument
from payment_catalog.global_view import global_view

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

FEDERATION = "prometheus/federation.yml"
#: Its figures are rates of minutes; a series that is not seen for five minutes would be gone.
_INTERVAL, _TIMEOUT = "1m", "30s"


def federation(catalog: Catalog) -> Documents:
    """Return a scrape job for the global Prometheus, in a file that ``scrape_config_files`` of 2.43 and later takes.

    It asks Prometheus where people's links lead. What it brings keeps its labels, also the external ones.
    """
    settings = catalog.settings
    address = urlsplit(settings.urls.prometheus)
    job = {
        "job_name": f"federate-{settings.service}",
        "scrape_interval": _INTERVAL,
        "scrape_timeout": _TIMEOUT,
        "honor_labels": True,
        "scheme": address.scheme,
        "metrics_path": f"{address.path}/federate",
        "params": {"match[]": [one.name for one in global_view(settings)]},
        "static_configs": [{"targets": [address.netloc]}],
    }
    return {FEDERATION: YamlDocument({"scrape_configs": [job]}, __name__)}
