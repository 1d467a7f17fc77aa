"""Asks an address, and fails where it does not answer well: ``ask.py URL``."""

from __future__ import annotations

import sys
import urllib.request

urllib.request.urlopen(sys.argv[1], timeout=2).close()  # noqa: S310 - the address is that of compose.yaml
