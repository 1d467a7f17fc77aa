"""Recording rules, alerts and their tests, Alertmanager's routing and messages, runbook pages."""
