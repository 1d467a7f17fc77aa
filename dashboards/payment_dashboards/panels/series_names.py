"""Names of series, and how overrides find them: where there are several environments, each series says its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from payment_catalog.promql import analyse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.signal import Query
    from payment_dashboards.panels.panel import Place

_ENVIRONMENT = "environment"


def legend(query: Query, place: Place) -> str:
    """Return Grafana's format of the names of the series that ``query`` brings."""
    apart = f"{{{{{_ENVIRONMENT}}}}}"
    if not place.several_environments or not query.legend or apart in query.legend:
        return query.legend
    return f"{query.legend} {apart}" if _ENVIRONMENT in analyse(query.expr, place.declared).labels else query.legend


def matcher(name: str, place: Place) -> dict[str, Any]:
    """Return Grafana's matcher of the series called ``name``, in whichever environment."""
    if place.several_environments:
        return {"id": "byRegexp", "options": f"/^{re.escape(name)}( .+)?$/"}
    return {"id": "byName", "options": str(name)}


def fixed(colours: Mapping[str, str], place: Place) -> list[dict[str, Any]]:
    """Return Grafana's overrides that give each series of that name its colour."""
    return [
        {
            "matcher": matcher(name, place),
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for name, colour in colours.items()
    ]
