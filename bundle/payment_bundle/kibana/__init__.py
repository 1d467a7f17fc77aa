"""Brings data view, saved searches and dashboards of the log lines into a Kibana."""
