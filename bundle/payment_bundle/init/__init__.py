"""``payobs init``: the first ``bundle.yaml``."""
