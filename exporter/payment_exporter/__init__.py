"""Prometheus exporter of what the payment service itself cannot publish: business, database, host, backups."""
