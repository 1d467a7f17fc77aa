"""What generating a fleet costs, beside what others take for output of like size.

``payobs generate --fleet`` is run as a user runs it, from nothing, for a quarter, half and all of 1,000 services with
all rules, dashboards, Alertmanager and Fluentd; three in four share their thresholds, the others have some of their
own. Exits with 1 when a service takes more than 25 ms of CPU, the whole more than 1 GB, a second run more than 2 s, or
when twice the services cost more than two and a half times as much. ``sloth`` (three objectives for as many services)
and ``jsonnet`` (a mixin of a service's size, which this program writes) are timed in the same run where they are on
``PATH``: milliseconds of CPU for each kilobyte of output.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from command_cost import Cost, cost_of

SIZES = (250, 500, 1000)
#: The limits are for these parts; what a service costs with everything is printed beside.
PARTS = "prometheus,grafana,alertmanager,fluentd"
MOST_CPU, MOST_MEMORY, LONGEST_AGAIN = 0.025, 10**9, 2.0
#: What twice as much may cost, as a multiple.
LINEAR = 2.5
_MIXINS = 2

_OBJECTIVES = """\
version: prometheus/v1
service: {service}
slos:
"""
_OBJECTIVE = """\
  - name: {name}
    objective: 99
    sli:
      events:
        error_query: sum(rate({metric}{{job="{service}", code=~"5.."}}[{{{{.window}}}}]))
        total_query: sum(rate({metric}{{job="{service}"}}[{{{{.window}}}}]))
    alerting:
      name: {name}
      page_alert: {{}}
      ticket_alert: {{}}
"""

#: Rules and dashboards of about as many objects and bytes as one of our services has.
_MIXIN = """\
local service = std.extVar('service');
local source = { type: 'prometheus', uid: '${datasource}' };
local panel(id) = {
  id: id, type: 'timeseries', title: 'Panel %d' % id, description: 'What %s does, number %d' % [service, id],
  datasource: source,
  gridPos: { h: 8, w: 8, x: 8 * (id % 3), y: 8 * std.floor(id / 3) },
  fieldConfig: { defaults: { unit: 's', custom: { lineWidth: 1, fillOpacity: 10, showPoints: 'never' },
    thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: id }] } },
    overrides: [{ matcher: { id: 'byName', options: 'p%d' % p }, properties: [{ id: 'unit', value: 's' }] }
                for p in std.range(0, 3)] },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
  targets: [{ refId: 'A%d' % t, legendFormat: '{{environment}}', exemplar: false, datasource: source,
    expr: 'sum by (environment, job) (rate(http_requests_total{job="%s", code=~"%d.."}[5m]))' % [service, t] }
    for t in std.range(1, 4)],
};
local dashboard(name) = { uid: '%s-%s' % [service, name], title: name, schemaVersion: 39, editable: false,
  panels: [panel(id) for id in std.range(1, 40)] };
local rule(n) = { alert: 'Alert%d' % n, 'for': '2m', labels: { severity: 'warning', team: 'service-outage' },
  expr: 'sum by (environment) (rate(http_requests_total{job="%s", code="%d"}[5m])) > %d' % [service, n, n],
  annotations: { summary: 'Alert %d of %s' % [n, service], description: 'It is {{ $value }} there',
    runbook_url: 'https://runbooks.example/%s/Alert%d.md' % [service, n] } };
{ ['dashboards/%d.json' % n]: std.manifestJsonEx(dashboard('board-%d' % n), '  ') for n in std.range(1, 20) } +
{ ['rules/%d.yaml' % n]: std.manifestYamlDoc({ groups: [{ name: 'group-%d' % n,
    rules: [rule(r) for r in std.range(1, 100)] }] }, quote_keys=false) for n in std.range(1, 40) }
"""


@dataclass(frozen=True, slots=True)
class Written(Cost):
    """What a command cost, and the bytes and files that it wrote."""

    size: int
    files: int

    @property
    def per_kilobyte(self) -> float:
        """Milliseconds of CPU for each kilobyte of output."""
        return self.cpu * 1e6 / self.size


def written(command: list[str], out: Path) -> Written:
    """Run a command that writes below ``out``; raises RuntimeError when it fails."""
    cost = cost_of(command)
    sizes = [entry.stat().st_size for entry in out.rglob("*") if entry.is_file()] if out.is_dir() else []
    return Written(cost.wall, cost.cpu, cost.memory, sum(sizes), len(sizes))


def write_fleet(directory: Path, services: int) -> None:
    """Write a file for each service: of four teams, one with thresholds of its own."""
    directory.mkdir()
    (directory / "base.yaml").write_text("urls:\n  grafana: https://grafana.shop.example\n")
    for team in range(4):
        place = directory / f"team-{team}"
        place.mkdir()
        own = "thresholds:\n  error_ratio: {warning: 0.02}\n" if team == 0 else "labels: {}\n"
        (place / "base.yaml").write_text(own)
    for number in range(services):
        file = directory / f"team-{number % 4}" / f"shop-{number:04d}.yaml"
        file.write_text(
            f"service: shop-{number:04d}\nurls:\n  service: https://shop-{number:04d}.example\n"
            f"environments:\n  production:\n    service: ['shop-{number:04d}.svc:8080']\n"
            f"    exporter: ['shop-{number:04d}-exporter.svc:9877']\n"
        )


def of_a_fleet(scratch: Path, services: int, jobs: int, parts: str) -> tuple[Written, Written]:
    """Return the cost of a fleet from nothing, and of a second run; no ``parts`` are all."""
    write_fleet(scratch / "services", services)
    out = scratch / "generated"
    command = [sys.executable, "-m", "payment_bundle", "generate", f"--fleet={scratch / 'services'}", f"--out={out}"]
    command += [f"--jobs={jobs}", f"--parts={parts}"]
    try:
        first = written(command, out)
        again = written(command, scratch / "nowhere")
    finally:
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(scratch / "services")
    return first, again


def of_sloth(scratch: Path, services: int) -> Written:
    """Return the cost of the SLO rules of as many services."""
    given, out = scratch / "slos", scratch / "slo-rules"
    given.mkdir()
    out.mkdir()
    for number in range(services):
        service = f"shop-{number:04d}"
        objectives = "".join(
            _OBJECTIVE.format(name=name, service=service, metric="http_requests_total")
            for name in ("availability", "latency", "success")
        )
        (given / f"{service}.yaml").write_text(_OBJECTIVES.format(service=service) + objectives)
    return written(["sloth", "generate", f"--input={given}", f"--out={out}"], out)


def of_jsonnet(scratch: Path) -> Written:
    """Return the cost of a mixin of a service's size, of some services one after the other."""
    mixin = scratch / "mixin.jsonnet"
    mixin.write_text(_MIXIN)
    costs = []
    for number in range(_MIXINS):
        out = scratch / f"mixin-{number}"
        command = ["jsonnet", "-S", "-c", "-m", str(out), "-V", f"service=shop-{number}", str(mixin)]
        costs.append(written(command, out))
    return Written(
        sum(one.wall for one in costs),
        sum(one.cpu for one in costs),
        max(one.memory for one in costs),
        sum(one.size for one in costs),
        sum(one.files for one in costs),
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        costs: dict[int, Written] = {}
        print(f"payobs generate --fleet --parts={PARTS}, {arguments.jobs} job(s)")
        titles = ("services", "wall s", "CPU s", "ms each", "MB peak", "files", "MB", "again s", "its CPU")
        print("".join(f"{title:>9}" for title in titles))
        for services in arguments.sizes:
            first, again = of_a_fleet(scratch, services, arguments.jobs, PARTS)
            costs[services] = first
            _row(services, first, again)
            failed |= first.memory > MOST_MEMORY or again.wall > LONGEST_AGAIN
        largest = max(costs)
        print("with everything that there is")
        _row(largest, *of_a_fleet(scratch, largest, arguments.jobs, ""))
        failed |= costs[largest].cpu / largest > MOST_CPU
        failed |= any(costs[2 * size].cpu > LINEAR * costs[size].cpu for size in costs if 2 * size in costs)
        ours = costs[largest]
        print(f"\n{'milliseconds of CPU for each kilobyte of output':56}{'ms/kB':>9}{'kB':>10}{'ratio':>8}")
        print(f"{f'payobs, {largest} services':56}{ours.per_kilobyte:9.4f}{ours.size / 1000:10.0f}{1:8.2f}")
        if shutil.which("sloth"):
            _peer(f"sloth generate, SLO rules of {largest} services", of_sloth(scratch, largest), ours)
        else:
            print("sloth is not on PATH: not compared")
        if shutil.which("jsonnet"):
            _peer(f"jsonnet, a mixin of {_MIXINS} services", of_jsonnet(scratch), ours)
        else:
            print("jsonnet is not on PATH: not compared")
    sys.exit(failed)


def _row(services: int, first: Written, again: Written) -> None:
    print(
        f"{services:9}{first.wall:9.1f}{first.cpu:9.1f}{first.cpu * 1000 / services:9.1f}"
        f"{first.memory / 1e6:9.0f}{first.files:9}{first.size / 1e6:9.0f}{again.wall:9.2f}{again.cpu:9.2f}",
        flush=True,
    )


def _peer(name: str, theirs: Written, ours: Written) -> None:
    ratio = theirs.per_kilobyte / ours.per_kilobyte
    print(f"{name:56}{theirs.per_kilobyte:9.4f}{theirs.size / 1000:10.0f}{ratio:8.2f}", flush=True)


if __name__ == "__main__":
    main()
