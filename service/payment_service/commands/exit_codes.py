"""Exit codes of every command. ``INTERRUPTED`` is what a shell shows for a program that Ctrl-C ended."""

FINDINGS, USAGE = 1, 2
INTERRUPTED = 130
