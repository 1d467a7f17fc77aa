"""The debug port: profiles of the running process, for people on the same machine."""
