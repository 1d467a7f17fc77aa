"""Takes from grafanalib's JSON what today's Grafana does not know, or would have to migrate."""

from __future__ import annotations

from typing import Any

#: Since grafanalib 0.7.1 writes files for Grafana 5 to 8.
_OBSOLETE = {
    "dashboard": {"__inputs", "gnetId", "hideControls", "rows", "sharedCrosshair", "style", "timepicker", "version"},
    "panel": {"cacheTimeout", "color", "columns", "editable", "error", "fontSize", "height", "hideTimeOverride"}
    | {"maxPerRow", "minSpan", "mappings", "repeatDirection", "span"},
    "row": {"description", "fieldConfig", "links", "options", "targets", "transformations", "transparent"}
    | {"datasource", "maxDataPoints"},
    "text": {"datasource", "maxDataPoints", "targets", "fieldConfig", "links", "transformations"},
    "target": {"interval", "metric", "query", "step", "target"},
    "variable": {"auto", "auto_count", "auto_min", "tagValuesQuery", "tagsQuery", "useTags"},
}


def pruned(dashboard: dict[str, Any]) -> dict[str, Any]:
    """Return ``dashboard`` without obsolete keys and without keys that are null."""
    kept = _kept(dashboard, "dashboard")
    kept["panels"] = [_panel(panel) for panel in dashboard["panels"]]
    kept["templating"] = {"list": [_variable(variable) for variable in dashboard["templating"]["list"]]}
    return kept


def _panel(panel: dict[str, Any]) -> dict[str, Any]:
    kept = _kept(panel, "panel", *({panel["type"]} & _OBSOLETE.keys()))
    if "targets" in kept:
        kept["targets"] = [_kept(target, "target") for target in panel["targets"]]
    field_config = kept.get("fieldConfig")
    if field_config:
        # Of a field only a threshold may be null: it is the colour of everything below the first.
        defaults = _without_nulls(field_config["defaults"])
        defaults["custom"] = {
            name: value for name, value in _without_nulls(defaults.get("custom", {})).items() if name != "displayMode"
        }
        kept["fieldConfig"] = {"defaults": defaults, "overrides": field_config.get("overrides", [])}
    return kept


def _variable(variable: dict[str, Any]) -> dict[str, Any]:
    kept = _kept(variable, "variable")
    if variable["type"] == "datasource":
        del kept["current"]
    return kept


def _kept(found: dict[str, Any], *kinds: str) -> dict[str, Any]:
    obsolete = set().union(*(_OBSOLETE[kind] for kind in kinds))
    return {name: value for name, value in found.items() if name not in obsolete and value is not None}


def _without_nulls(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}
