"""A short live run: a page whose values follow a script, scraped by a real Prometheus that evaluates rules."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from sockets import free_port
from waiting import wait_until

from payment_alerts.rules import rules
from payment_bundle.backtest.episode import Episode
from payment_bundle.backtest.evaluation_grid import Grid
from payment_bundle.backtest.series import Series
from payment_bundle.demo.child import start
from payment_bundle.prometheus_api import PrometheusApi
from payment_bundle.rendering import render
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog

#: Everything of the run.
_ALL = "10m"
#: Milliseconds between two scrapes, and by how much that may differ: no window of a rule holds more or fewer.
_SCRAPE = 1000
_JITTER = 200


@dataclass
class Page:
    """A page of metrics: one row of the script a scrape, the last one for ever; ``None`` is an error."""

    script: Sequence[Mapping[str, float] | None]
    scrapes: int = field(default=0, init=False)

    def next_row(self) -> Mapping[str, float] | None:
        row = self.script[min(self.scrapes, len(self.script) - 1)]
        self.scrapes += 1
        return row

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the page and return its address."""
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                row = page.next_row()
                body = "".join(f"{series} {value}\n" for series, value in (row or {}).items()).encode()
                self.send_response(500 if row is None else 200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass(frozen=True)
class LiveRun:
    """What a live Prometheus remembers of the time before ``until``: raw samples by series, and samples of each name.

    It goes on scraping and evaluating while it is asked.
    """

    api: PrometheusApi
    until: float

    def samples(self, selector: str) -> list[tuple[dict[str, str], dict[int, float]]]:
        """Return the raw samples of each series: by Unix time in milliseconds."""
        data: dict[str, Any] = self.api.get("query", {"query": f"{selector}[{_ALL}]", "time": f"{self.until:.3f}"})
        return [
            (item["metric"], {round(float(at) * 1000): float(value) for at, value in item["values"]})
            for item in data["result"]
        ]

    def scraped(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[Series]]:
        """Return the moments of all scrapes, and what they brought."""
        ((_, ups),) = self.samples("up")
        moments = np.array(sorted(ups))
        series = []
        for labels, samples in self.samples('{job="page", __name__!~"scrape_.+"}'):
            values = np.array([samples.get(moment, np.nan) for moment in moments.tolist()])
            name = labels.pop("__name__")
            series.append(Series(name, labels, values))
        return moments, series

    def grid(self, evaluated: str, step: int) -> Grid:
        """Return when a group was evaluated, which writes the series ``evaluated`` each time."""
        ((_, samples),) = self.samples(evaluated)
        moments = np.array(sorted(samples))
        # The first evaluation may come before the first scrape.
        moments = moments[moments > self.scraped()[0][0]]
        assert np.all(np.diff(moments) == step), "the machine was too busy: evaluations were missed"
        return Grid(int(moments[0]), step, moments.size)

    def is_undisturbed(self, evaluated: Mapping[str, int]) -> bool:
        """Tell whether scrapes and evaluations came when they were due; ``evaluated`` has each group's step."""
        scrapes = np.diff(self.scraped()[0])
        return bool(np.all(np.abs(scrapes - _SCRAPE) < _JITTER)) and all(
            np.all(np.diff(sorted(samples)) == step)
            for name, step in evaluated.items()
            for _, samples in self.samples(name)
        )

    def episodes(self, alert: str, grid: Grid) -> tuple[Episode, ...]:
        """Return when ``alert`` fired, as ALERTS and ALERTS_FOR_STATE tell; those of before ``grid`` are left out."""
        matcher = f'{{alertname="{alert}"}}'
        active = {_key(labels): samples for labels, samples in self.samples(f"{ALERTS_FOR_STATE}{matcher}")}
        found = []
        for labels, samples in self.samples(f"{ALERTS}{matcher}"):
            if labels["alertstate"] != "firing":
                continue
            key = _key(labels)
            # Evaluations while it fires, told apart by since when it has been active.
            for since, moments in groupby(sorted(samples), active[key].__getitem__):
                fired = [*moments]
                if since >= grid.start // 1000:
                    end = (fired[-1] + grid.step) // 1000
                    found.append(Episode(alert, dict(key), int(since), fired[0] // 1000, end))
        return tuple(sorted(found, key=lambda episode: (episode.start, *episode.labels.items())))


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in labels.items() if name not in {"__name__", "alertstate"}))


@contextmanager
def live_run(directory: Path, catalog: Catalog, groups: Sequence[AlertGroup], page: Page) -> Iterator[LiveRun]:
    """Have a Prometheus scrape ``page`` and evaluate ``groups`` every second, until the script is at its end."""
    for path, document in rules(catalog, groups).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(render(path, document))
    with page.served() as address:
        configuration = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["prometheus/rules/*.yaml"],
            "scrape_configs": [{"job_name": "page", "static_configs": [{"targets": [address]}]}],
        }
        (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        url = f"127.0.0.1:{free_port()}"
        child = start(
            "prometheus",
            (
                "prometheus",
                f"--config.file={directory}/prometheus.yml",
                f"--storage.tsdb.path={directory}/live",
                f"--web.listen-address={url}",
            ),
            {"PATH": os.environ["PATH"]},
            directory / "live.log",
        )
        try:
            child.wait_ready(f"http://{url}/-/ready", 60)
            wait_until("the script is at its end", lambda: page.scrapes > len(page.script), limit=120, pause=0.2)
            yield LiveRun(PrometheusApi(f"http://{url}"), time.time())
        finally:
            child.stop()
