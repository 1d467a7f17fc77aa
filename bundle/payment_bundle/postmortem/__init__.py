"""``payobs postmortem``: the runbook's post-mortem, filled in from what Prometheus remembers."""
