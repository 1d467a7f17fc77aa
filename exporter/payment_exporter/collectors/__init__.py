"""What the exporter reads: one module for each source."""
