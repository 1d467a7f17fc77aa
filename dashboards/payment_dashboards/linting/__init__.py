"""Checks that dashboards are what today's Grafana has: valid, with nothing to migrate, and readable.

A rule is a pure function ``(dashboard, surroundings) -> problems``. Those that Grafana's own
``dashboard-linter`` has carry its names.

Every metric and label of a query is checked elsewhere, together with those of the rules for Prometheus.
"""

from __future__ import annotations

from payment_dashboards.linting.exclusions import linter_configuration
from payment_dashboards.linting.findings import dashboard_findings

__all__ = ["dashboard_findings", "linter_configuration"]
