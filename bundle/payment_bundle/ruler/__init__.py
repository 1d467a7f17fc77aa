"""Brings rule groups and routing to Mimir and Cortex, and reads them there."""
