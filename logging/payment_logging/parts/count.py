"""Counts the lines that match the runbook's patterns, where they are read: each line once, however often it is sent."""

from __future__ import annotations

import re

from payment_catalog.fluentd_metrics import LOG_LINES
from payment_catalog.log_patterns import GREPPED
from payment_catalog.vocabulary import LogPattern
from payment_logging.fluentd import Section
from payment_logging.parts.labels import Stage, ruby_fields, send_to, stage


def count() -> tuple[Section, ...]:
    """Return the label: a field for each pattern that matches, the counters of these fields, and their end."""
    marks = Section(
        "filter", "**", {"@type": "record_modifier"}, (ruby_fields(**{_field(p): _mark(p) for p in LogPattern}),)
    )
    counters = Section("filter", "**", {"@type": "prometheus"}, tuple(_counter(pattern) for pattern in LogPattern))
    clean = {"@type": "record_modifier", "remove_keys": ",".join(_field(pattern) for pattern in LogPattern)}
    return (stage(Stage.COUNT, marks, counters, Section("filter", "**", clean), send_to(Stage.ROUTE)),)


def _field(pattern: LogPattern) -> str:
    return f"counted_{pattern.value}"


def _mark(pattern: LogPattern) -> str:
    """Return 1 for a record that matches and nil for others; the same as the exporter looks for in Elasticsearch."""
    if pattern is LogPattern.ERROR:
        return 'record["level"] == "ERROR" ? 1 : nil'
    # From the beginning, and each part where it stands first: a text is read once.
    parts = "".join(f"(?>.*?{re.escape(part)})" for part in GREPPED[pattern].split(".*"))
    return f'record["event"].to_s.scrub("?").match?(/\\A{parts}/m) ? 1 : nil'


def _counter(pattern: LogPattern) -> Section:
    (label,) = LOG_LINES.label_names
    parameters = {
        "name": LOG_LINES.name,
        "type": LOG_LINES.type.value,
        "desc": LOG_LINES.description,
        "key": _field(pattern),
        # There from the start: else the first line of all would count for nothing.
        "initialized": True,
    }
    return Section("metric", "", parameters, (Section("labels", "", {label: pattern.value}),))
