"""Shows what a program says, and writes it into a file as a container runtime does: ``runtime_lines.py FILE``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path


def main() -> None:
    """Copy standard input until it ends."""
    with Path(sys.argv[1]).open("a", encoding="utf-8", buffering=1) as file:
        for line in sys.stdin:
            sys.stdout.write(line)
            sys.stdout.flush()
            file.write(f"{datetime.now(UTC).isoformat(timespec='microseconds')} stdout F {line}")


if __name__ == "__main__":
    main()
