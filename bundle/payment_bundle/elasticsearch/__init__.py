"""Brings templates, lifecycle, roles and the data stream of the log lines into an Elasticsearch."""
