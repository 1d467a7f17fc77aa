"""Follows lines of a log through the pipeline: as Fluentd can run it on a desk, and by what can be said without it."""
