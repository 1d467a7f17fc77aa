"""Incidents on the live demo: whether the right people hear of each, how soon, and nobody else."""
