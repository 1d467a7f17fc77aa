"""Where the routing of an Alertmanager, or of a tenant of Mimir or Cortex, differs from the generated one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_bundle.differences.alertmanager import configuration_differences, routing_differences
from payment_bundle.differences.comparison import Comparison, Difference, Nature
from payment_bundle.differences.tree import SECRET
from payment_bundle.ruler.routing import configuration, tenant_routing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.ruler.api import Routing
    from payment_catalog.catalog import Catalog

_TARGET, _COMPARED = "alertmanager", "routes, receivers and inhibitions"
_NO_TEXTS = "the texts of messages not compared: Alertmanager does not show its templates"


def compare_configuration(there: Mapping[str, Any], catalog: Catalog, place: str) -> Comparison:
    """Compare what an Alertmanager runs."""
    found = configuration_differences(there, configuration(catalog))
    return Comparison(_TARGET, place, _COMPARED, found, (_NO_TEXTS,))


def compare_tenant(there: Routing | None, catalog: Catalog, place: str) -> Comparison:
    """Compare what a tenant was sent; of credentials only whether there is one."""
    compared = f"{_COMPARED} and templates"
    if there is None:
        found: tuple[Difference, ...] = (Difference("configuration", "is missing", Nature.MISSING),)
    else:
        found = routing_differences(there, tenant_routing(catalog, lambda _: SECRET))
    return Comparison(_TARGET, place, compared, found)
