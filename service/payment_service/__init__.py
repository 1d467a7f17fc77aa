"""Reference payment service, and the instrumentation by which it is observed."""
