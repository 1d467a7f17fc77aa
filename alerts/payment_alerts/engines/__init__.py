"""Prometheus beyond one server: agents, shards, and what leaves it for a global view."""
