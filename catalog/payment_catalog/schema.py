"""JSON Schema of ``bundle.yaml``, for editors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from payment_catalog.durations import format_duration
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import THRESHOLDS, Threshold

SCHEMA_PATH = "schema/bundle.schema.json"


class SchemaWithDurations(GenerateJsonSchema):
    """Writes durations that are defaults as the settings have them: ``15m``."""

    def encode_default(self, dft: Any) -> Any:
        """Return a default as JSON."""
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def settings_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12), with each threshold under its own name and range."""
    schema = Settings.model_json_schema(schema_generator=SchemaWithDurations)
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
