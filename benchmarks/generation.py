"""Cost of generating the default bundle: CPU seconds of the whole command, and of its steps.

Run with ``make bench``. Figures are the median of several runs on the machine at hand.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from payment_alerts.groups import alert_groups, recordings
from payment_bundle.expression_check import expression_findings
from payment_bundle.generation import generate_documents, grafana_documents
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.loading import load_settings
from payment_dashboards.linting import dashboard_findings

ROOT = Path(__file__).parents[1]
RUNS = 5


def command_cpu(out: Path) -> float:
    """Return the CPU seconds of one ``payobs generate``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "payment_bundle", "generate", "--out", str(out)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory:
        fresh = [command_cpu(Path(directory) / str(run)) for run in range(RUNS)]
        again = [command_cpu(Path(directory) / "0") for _ in range(RUNS)]
    print(f"payobs generate, new directory   {statistics.median(fresh):.2f} s of CPU (median of {RUNS})")
    print(f"payobs generate, nothing changed {statistics.median(again):.2f} s of CPU (median of {RUNS})")

    catalog = build_catalog(load_settings(ROOT / "bundle.yaml"))
    started = time.process_time()
    documents = generate_documents(catalog)
    generated = time.process_time()
    rendered = render_all(documents)
    written = time.process_time()
    declared = catalog.declared(recordings(alert_groups(catalog)))
    expression_findings(rendered, declared)
    checked = time.process_time()
    dashboard_findings(rendered, declared)
    linted = time.process_time()
    dashboards = render_all(grafana_documents(catalog))
    drawn = time.process_time()
    size = sum(map(len, rendered.values()))
    print(f"  generators   {(generated - started) * 1000:6.0f} ms for {len(documents)} documents")
    print(f"  rendering    {(written - generated) * 1000:6.0f} ms for {size / 1024:.0f} KiB")
    print(f"  expressions  {(checked - written) * 1000:6.0f} ms")
    print(f"  dashboards checked {(linted - checked) * 1000:.0f} ms")
    print(f"dashboards, with the alerts that they read: {drawn - linted:.2f} s of CPU for {len(dashboards)} files")


if __name__ == "__main__":
    main()
