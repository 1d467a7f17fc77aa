"""The dashboards as Grafana would show them, from a live Prometheus and without Grafana."""
