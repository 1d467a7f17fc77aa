"""Fiuu: its messages, the client behind a circuit breaker, and a simulator."""
