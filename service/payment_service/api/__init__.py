"""HTTP: routes, what they accept and answer."""
