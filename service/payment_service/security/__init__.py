"""Who may call, how often, and what looks like an attack."""
