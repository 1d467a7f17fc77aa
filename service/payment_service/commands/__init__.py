"""The command ``payment-service``, a module for each kind of work."""
