"""What the bundle knows: metrics, thresholds, objectives, severities, escalation, incidents, settings.

This package imports nothing else of the project. Everything that is generated, published or
checked takes its names and numbers from here.
"""
