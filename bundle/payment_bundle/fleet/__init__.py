"""Many services at once: one file of settings for each, and a directory of generated files for each."""
