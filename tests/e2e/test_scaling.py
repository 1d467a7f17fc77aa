"""Where one Prometheus is too small: real agents, shards and a global Prometheus with the generated configurations."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from e2e.places import Publisher
from sockets import free_port
from victoria_metrics import victoria_metrics
from waiting import wait_until

from payment_alerts.engines.agents import agents
from payment_alerts.engines.federation import FEDERATION, federation
from payment_alerts.prometheus import prometheus
from payment_bundle.demo.child import start
from payment_bundle.prometheus_api import PrometheusApi
from payment_bundle.rendering import render_all
from payment_catalog import service_metrics
from payment_catalog.catalog import build_catalog
from payment_catalog.global_view import global_view
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment, Urls
from payment_catalog.settings.scraping import RemoteWrite, Scaling, Scraping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SECOND = timedelta(seconds=1)
NOBODY = "127.0.0.1:1"
REGION = "my-central"
SHARDS = 3


def settings(service: Iterable[str], *, prometheus: str = NOBODY, **more: Any) -> Settings:
    return Settings(
        labels={"region": REGION},
        environments={"production": Environment(service=tuple(service), exporter=(NOBODY,))},
        scraping=Scraping(
            interval=SECOND,
            timeout=SECOND,
            evaluation_interval=SECOND,
            alertmanagers=(NOBODY,),
            prometheus=(prometheus,),
        ),
        **more,
    )


def write(directory: Path, found: Settings) -> None:
    """Write every configuration of Prometheus for these settings."""
    catalog = build_catalog(found)
    for path, content in render_all({**prometheus(catalog), **agents(catalog), **federation(catalog)}).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def started(stack: ExitStack, configuration: Path, port: int | None = None, *, agent: bool = False) -> PrometheusApi:
    port = port or free_port()
    data = configuration.with_suffix(".data")
    # The flag that 3.x calls --agent.
    kind = ("--enable-feature=agent", f"--storage.agent.path={data}") if agent else (f"--storage.tsdb.path={data}",)
    child = start(
        configuration.stem,
        ("prometheus", f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}", *kind),
        {"PATH": os.environ["PATH"]},
        configuration.with_suffix(".log"),
    )
    stack.callback(child.stop)
    child.wait_ready(f"http://127.0.0.1:{port}/-/ready", 60)
    return PrometheusApi(f"http://127.0.0.1:{port}")


def test_an_agent_sends_what_the_catalogue_declares_and_says_where_it_is_from(stack: ExitStack, tmp_path: Path) -> None:
    store = stack.enter_context(victoria_metrics(tmp_path))
    payments = f'{service_metrics.PAYMENTS}{{method="card",status="succeeded"}}'
    samples = {payments: lambda: 7.0, "of_somebody_else_total": lambda: 1.0}
    service = stack.enter_context(Publisher(samples))
    remote_write = RemoteWrite(url=f"{store.url}/api/v1/write", tenant="payments")
    write(tmp_path, settings([service.target], scaling=Scaling(remote_write=remote_write)))
    started(stack, tmp_path / "prometheus/agent.yml", agent=True)

    def names() -> set[str]:
        store.flush()
        return {labels["__name__"] for labels, _ in store.exported(f'{{region="{REGION}"}}')}

    wait_until("payments and the state of targets", lambda: names() >= {str(service_metrics.PAYMENTS), "up"}, 60, 0.2)
    ((labels, _),) = store.exported(str(service_metrics.PAYMENTS))
    assert labels["environment"] == "production"
    assert labels["instance"] == service.target
    assert store.exported(f'{{__name__!="", region!="{REGION}"}}') == []
    assert "of_somebody_else_total" not in names()


def test_shards_together_scrape_each_target_once(stack: ExitStack, tmp_path: Path) -> None:
    service = {f"127.0.0.{host}:{port}" for host in range(1, 9) for port in (1, 2, 3)}
    everyone = settings(sorted(service), prometheus="127.0.0.9:1", scaling=Scaling(shards=SHARDS))
    write(tmp_path, everyone)
    apis = [started(stack, tmp_path / f"prometheus/agent-{shard}.yml", agent=True) for shard in range(SHARDS)]
    wait_until("targets of each", lambda: all(map(targets, apis)), 60, 0.1)
    shares = [targets(api) for api in apis]
    assert sorted(target for share in shares for target in share) == sorted(
        [
            *((everyone.service, target) for target in service),
            (everyone.exporter, NOBODY),
            ("alertmanager", NOBODY),
            ("prometheus", "127.0.0.9:1"),
        ]
    )
    assert all(len(share) >= len(service) / SHARDS / 3 for share in shares)


def targets(api: PrometheusApi) -> list[tuple[str, str]]:
    """Return job and instance of each target that is scraped, whether it answers or not."""
    found = api.get("targets", {"state": "active"})["activeTargets"]
    assert not any(name.startswith("__") for target in found for name in target["labels"])
    return [(target["labels"]["job"], target["labels"]["instance"]) for target in found]


def test_a_global_prometheus_fetches_the_global_view_and_nothing_else(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    own = settings([NOBODY], prometheus=f"127.0.0.1:{port}", urls=Urls(prometheus=f"http://127.0.0.1:{port}"))
    write(tmp_path, own)
    wanted = {one.name for one in global_view(own)}
    recorded = [*wanted, "job_route_code:http_requests:rate5m"]
    labels = {"environment": "production", "namespace": own.namespace, "job": own.service}
    (tmp_path / "prometheus/rules").mkdir()
    (tmp_path / "prometheus/rules/recorded.yaml").write_text(
        yaml.safe_dump(
            {
                "groups": [
                    {
                        "name": "recorded",
                        "rules": [{"record": name, "expr": "vector(1)", "labels": labels} for name in recorded],
                    }
                ]
            }
        )
    )
    of_region = started(stack, tmp_path / "prometheus/prometheus.yml", port)
    wait_until("recorded series", lambda: of_region.query(recorded[-1]), 60)

    configuration = yaml.safe_load((tmp_path / FEDERATION).read_text())
    configuration["scrape_configs"][0] |= {"scrape_interval": "1s", "scrape_timeout": "1s"}
    (tmp_path / FEDERATION).write_text(yaml.safe_dump(configuration))
    everywhere = started(stack, tmp_path / FEDERATION)
    wait_until("the global view", lambda: everywhere.query(f'{{region="{REGION}"}}'), 60)
    found = [sample.labels for sample in everywhere.query(f'{{region="{REGION}"}}')]
    assert {labels.pop("__name__") for labels in found} == wanted
    assert all(one == {**labels, "region": REGION} for one in found)
