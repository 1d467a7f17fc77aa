"""Configurations of Prometheus where one is too small: agents, shards, replicas, and what leaves it."""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from payment_alerts.engines.agents import agents
from payment_alerts.engines.federation import FEDERATION, federation
from payment_alerts.groups import alert_groups, recordings
from payment_alerts.prometheus import prometheus
from payment_alerts.promtool import Promtool
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.global_view import global_view
from payment_catalog.promql import analyse
from payment_catalog.sends import Sends
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment, Urls
from payment_catalog.settings.scraping import RemoteWrite, Scaling, Scraping

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.metric import Metric

STORE = RemoteWrite(url="http://victoria-metrics:8428/api/v1/write")
MAIN, AGENT = "prometheus/prometheus.yml", "prometheus/agent.yml"


def settings(**scaling: Any) -> Settings:
    return Settings(
        labels={"region": "my-central"},
        environments={
            "production": Environment(
                service=("a:8080", "b:8080"),
                exporter=("c:9877",),
                kube_state_metrics=("d:8080",),
                kubelet=("e:10250",),
                fluentd=("f:24231",),
            )
        },
        scraping=Scraping(prometheus=("prometheus-0:9090", "prometheus-1:9090")),
        scaling=Scaling(**scaling),
    )


def generated(found: Settings) -> dict[str, Any]:
    """Return every configuration of Prometheus by its path."""
    catalog = build_catalog(found)
    documents = {**prometheus(catalog), **agents(catalog), **federation(catalog)}
    return {path: yaml.safe_load(content) for path, content in render_all(documents).items()}


def written(directory: Path, files: dict[str, Any]) -> list[Path]:
    for path, content in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(content))
    return [directory / path for path in files]


def test_where_one_prometheus_does_it_all_nothing_leaves_it() -> None:
    files = generated(Settings())
    assert set(files) == {MAIN, FEDERATION}
    assert set(files[MAIN]) == {"global", "rule_files", "alerting", "scrape_configs"}
    assert "external_labels" not in files[MAIN]["global"]


def test_an_agent_scrapes_the_same_and_evaluates_nothing() -> None:
    files = generated(settings(remote_write=STORE))
    assert files[AGENT]["scrape_configs"] == files[MAIN]["scrape_configs"]
    assert set(files[AGENT]) == {"global", "scrape_configs", "remote_write"}
    assert "evaluation_interval" not in files[AGENT]["global"]
    assert files[AGENT]["global"]["external_labels"] == {"region": "my-central"}
    assert "remote_write" not in files[MAIN]


def test_tenant_and_token_are_sent_and_the_token_stays_in_its_file() -> None:
    store = STORE.model_copy(update={"tenant": "payments", "token_file": "/etc/prometheus/secrets/token"})
    (sent,) = generated(settings(remote_write=store))[AGENT]["remote_write"]
    assert sent["headers"] == {"X-Scope-OrgID": "payments"}
    assert sent["authorization"] == {"credentials_file": "/etc/prometheus/secrets/token"}


def test_what_is_sent_is_all_that_rules_read_of_what_is_scraped() -> None:
    catalog = build_catalog(settings(remote_write=STORE))
    (sent,) = generated(catalog.settings)[AGENT]["remote_write"]
    (kept,) = sent["write_relabel_configs"]
    groups = alert_groups(catalog)
    recorded = {rule.record for rule in recordings(groups)}
    declared = catalog.declared(recordings(groups))
    expressions = [rule.expr for rule in recordings(groups)] + [one.expr for group in groups for one in group.alerts]
    read = {name for expression in expressions for name in analyse(expression, declared).selected} - recorded
    assert len(read) > 100
    assert all(re.fullmatch(kept["regex"], name) for name in read)
    assert not re.fullmatch(kept["regex"], "go_goroutines")


def test_everything_that_is_scraped_is_sent_where_that_is_asked_for() -> None:
    (sent,) = generated(settings(remote_write=STORE.model_copy(update={"sends": Sends.ALL})))[AGENT]["remote_write"]
    assert "write_relabel_configs" not in sent


def test_the_global_view_is_sent_by_who_evaluates_the_rules() -> None:
    files = generated(settings(remote_write=STORE.model_copy(update={"sends": Sends.GLOBAL})))
    assert AGENT not in files
    (sent,) = files[MAIN]["remote_write"]
    (kept,) = sent["write_relabel_configs"]
    assert kept["regex"].split("|") == [one.name for one in global_view(Settings())]


def test_each_series_of_the_global_view_is_recorded_for_the_service_as_a_whole() -> None:
    catalog = build_catalog(Settings())
    groups = alert_groups(catalog)
    declared = catalog.declared(recordings(groups))
    whole = {"environment", "namespace", "job"}
    for one in global_view(catalog.settings):
        assert declared[one.name] == (whole if one.series == 1 else {*whole, "le"}), one


def test_the_global_view_is_a_small_part_of_what_there_is() -> None:
    published = sum(map(least, build_catalog(Settings()).metrics))
    assert sum(one.series for one in global_view(Settings())) < published / 15


def least(metric: Metric) -> int:
    """Return how many series of a metric one target has at least: labels without a closed set count once."""
    return prod(len(label.values) or 1 for label in metric.labels) * (len(metric.buckets) + 3 if metric.buckets else 1)


def test_a_global_prometheus_asks_for_the_global_view_where_links_lead() -> None:
    files = generated(Settings(urls=Urls(prometheus="https://prometheus.yourdomain.com/payments/")))
    (job,) = files[FEDERATION]["scrape_configs"]
    assert (job["scheme"], job["metrics_path"]) == ("https", "/payments/federate")
    assert job["static_configs"] == [{"targets": ["prometheus.yourdomain.com"]}]
    assert job["params"]["match[]"] == [one.name for one in global_view(Settings())]
    assert job["honor_labels"]


def test_replicas_differ_and_their_alerts_do_not() -> None:
    content = generated(settings(replica_label="prometheus_replica"))[MAIN]
    assert content["global"]["external_labels"] == {"region": "my-central", "prometheus_replica": "${HOSTNAME}"}
    assert content["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "prometheus_replica"}]


@pytest.mark.parametrize(
    "scaling",
    [
        {},
        {"replica_label": "replica"},
        {"remote_write": {**STORE.model_dump(), "tenant": "payments", "token_file": "/run/token"}},
        {"remote_write": {**STORE.model_dump(), "sends": "global"}},
        {"shards": 3},
        {"shards": 2, "remote_write": STORE.model_dump()},
    ],
)
def test_promtool_finds_nothing_wrong(tmp_path: Path, scaling: dict[str, Any]) -> None:
    main, *others = written(tmp_path, generated(settings(**scaling)))
    assert Promtool().check_config(main) == ()
    assert Promtool().check_agents(others) == ()


def test_promtool_finds_what_an_agent_must_not_have(tmp_path: Path) -> None:
    (main,) = written(tmp_path, {MAIN: generated(Settings())[MAIN]})
    (finding,) = Promtool().check_agents([main])
    assert "agent mode" in finding.message
