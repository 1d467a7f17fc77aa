"""The drills, one module for each area."""
