"""How much a number of services needs: series, rules, samples, logs, memory and disk, computed from the catalogue."""
