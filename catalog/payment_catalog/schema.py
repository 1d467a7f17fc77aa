"""JSON Schema of ``bundle.yaml``, for editors."""

from __future__ import annotations

from typing import Any

from payment_catalog.settings import Levels, Settings
from payment_catalog.thresholds import THRESHOLDS, Threshold

SCHEMA_PATH = "schema/bundle.schema.json"


def settings_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12), with each threshold under its own name and range."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "payment-observability settings"
    schema["properties"]["thresholds"] = {
        "type": "object",
        "description": Settings.model_fields["thresholds"].description,
        "additionalProperties": False,
        "properties": {key.value: _levels(threshold) for key, threshold in THRESHOLDS.items()},
    }
    return schema


def _levels(threshold: Threshold) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"{threshold.title}. {threshold.source}.",
        "additionalProperties": False,
        "properties": {
            name: {
                "anyOf": [
                    {"type": "number", "minimum": threshold.minimum, "maximum": threshold.maximum},
                    {"type": "null"},
                ],
                "default": getattr(threshold, name),
                "description": Levels.model_fields[name].description,
            }
            for name in ("warning", "critical")
        },
    }
