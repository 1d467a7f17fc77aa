"""What Fluentd's plugins take: read from their sources into tables, as data.

``read_plugins.rb`` beside this package makes the tables; ``undeclared.toml`` is written by hand.
"""

from __future__ import annotations

from payment_logging.fluentd.plugins.schema import OldName, Parameter, Plugin, Schema
from payment_logging.fluentd.plugins.tables import Tables, tables

__all__ = ["OldName", "Parameter", "Plugin", "Schema", "Tables", "tables"]
