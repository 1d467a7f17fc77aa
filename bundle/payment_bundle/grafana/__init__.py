"""Brings the generated dashboards into a Grafana, and says where one differs from them."""
