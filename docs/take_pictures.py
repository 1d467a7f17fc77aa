"""Takes the pictures of the dashboards in ``docs/images``: from the demo, with customers, and attackers at the end.

Runs for some twenty minutes, so that the windows of the rates are full; ``make pictures`` starts it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from payment_bundle.demo.ports import Ports
from payment_bundle.demo.stack import Stack
from payment_bundle.demo.traffic import Traffic
from payment_bundle.preview.command import PreviewOptions, run_preview
from payment_catalog.dashboards import Dashboard
from payment_catalog.settings import Settings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from postgres_server import postgres_server  # noqa: E402

IMAGES = ROOT / "docs/images"
PICTURED = (Dashboard.OVERVIEW, Dashboard.APPLICATION, Dashboard.SECURITY, Dashboard.ON_CALL)
CALM, ATTACKED, SHOWN = 14 * 60, 5 * 60, "15m"


def main() -> None:
    """Write a picture of each of ``PICTURED``."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        postgres_server() as postgres,
        Stack(Settings(), Path(scratch), Ports.any_free(), postgres.environment, print) as stack,
        Traffic(stack.caller, 6, seed=7) as traffic,
    ):
        print(f"customers pay for {CALM // 60} minutes ...", flush=True)
        time.sleep(CALM)
        print(f"attackers come for {ATTACKED // 60} minutes ...", flush=True)
        traffic.attack(per_second=40, seconds=ATTACKED)
        time.sleep(ATTACKED - 20)
        pages = Path(scratch) / "pages"
        options = PreviewOptions(pages, tuple(map(str, PICTURED)), start=f"now-{SHOWN}", end="now", png=True)
        run_preview(stack.catalog, stack.prometheus, options, print)
        IMAGES.mkdir(exist_ok=True)
        for dashboard in PICTURED:
            (IMAGES / f"{dashboard}.png").write_bytes((pages / f"{dashboard}.png").read_bytes())


if __name__ == "__main__":
    main()
