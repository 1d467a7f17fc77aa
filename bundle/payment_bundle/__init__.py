"""The ``payobs`` command: generate, check, demo. It puts the rooms together and does the I/O."""
