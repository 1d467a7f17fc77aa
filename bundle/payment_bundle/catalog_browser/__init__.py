"""``payobs catalog``: what the bundle knows, to look at."""
