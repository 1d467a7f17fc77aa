"""Fluentd's configuration language: a model, its printer and its parser, which undo each other.

Whether a configuration makes sense to Fluentd's plugins is for ``payment_logging.fluentd.linting``.
"""

from __future__ import annotations

from payment_logging.fluentd.model import (
    Environment,
    Include,
    Interpolated,
    Item,
    Json,
    Pattern,
    Ruby,
    Section,
    Size,
    Value,
    plain,
)
from payment_logging.fluentd.parsing import FluentdSyntaxError, parse_sections
from payment_logging.fluentd.printing import print_sections, print_value

__all__ = [
    "Environment",
    "FluentdSyntaxError",
    "Include",
    "Interpolated",
    "Item",
    "Json",
    "Pattern",
    "Ruby",
    "Section",
    "Size",
    "Value",
    "parse_sections",
    "plain",
    "print_sections",
    "print_value",
]
