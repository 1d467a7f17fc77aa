"""``payobs diff rules`` and ``payobs diff alertmanager`` against the real servers, started with what is generated."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from command_line import Result, payobs
from sockets import free_port

from payment_alerts.alertmanager import alertmanager
from payment_alerts.groups import alert_groups
from payment_alerts.rules import rules
from payment_bundle.demo.child import start
from payment_bundle.demo.programs import find_programs
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: With all that an Alertmanager may write another way: an account, times, a webhook with a token, durations.
SETTINGS = """
smtp: {username: payments}
contact_points:
  pager: {type: pagerduty}
  slack-oncall: {type: slack, channel: "#oncall"}
  slack-payments: {type: slack, channel: "#payments"}
  security-team: {type: email, to: security@example.com}
  hook: {type: webhook, url: "http://127.0.0.1:9/hook", token_file: /etc/alertmanager/secrets/token}
routing:
  priorities: {P0: [pager], P1: [pager, slack-oncall], P2: [slack-oncall, hook], P3: [slack-payments]}
  escalation: {}
"""


@dataclass
class Live:
    """A directory with what is generated, and the servers on top of it."""

    directory: Path
    prometheus: str = ""
    alertmanager: str = ""

    @property
    def config(self) -> Path:
        return self.directory / "bundle.yaml"

    def diff(self, target: str, url: str, *arguments: str) -> Result:
        return payobs("diff", target, "--config", str(self.config), "--url", url, *arguments)


def write(directory: Path, change: Callable[[dict[str, Any]], None]) -> Live:
    """Write rules and routing, after ``change`` had its way with each YAML document by its path."""
    live = Live(directory)
    live.config.write_text(SETTINGS)
    catalog = build_catalog(load_settings(live.config))
    groups = alert_groups(catalog)
    rendered = render_all({**rules(catalog, groups), **alertmanager(catalog, groups)})
    documents = {
        path: yaml.load(text, Loader=yaml.CSafeLoader) for path, text in rendered.items() if not path.endswith(".tmpl")
    }
    change(documents)
    for path, content in rendered.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(yaml.safe_dump(documents[path]).encode() if path in documents else content)
    (directory / "prometheus/prometheus.yml").write_text(
        "global: {evaluation_interval: 15s}\nrule_files: [rules/*.yaml]\n"
    )
    return live


def run(live: Live, stack: ExitStack) -> Live:
    """Start both servers."""
    programs = find_programs()
    ports = {"prometheus": free_port(), "alertmanager": free_port()}
    commands = {
        "prometheus": (
            programs.prometheus,
            f"--config.file={live.directory}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={live.directory}/prometheus-data",
        ),
        "alertmanager": (
            programs.alertmanager,
            f"--config.file={live.directory}/alertmanager/alertmanager.yml",
            f"--storage.path={live.directory}/alertmanager-data",
            "--cluster.listen-address=",
        ),
    }
    children = []
    for name, command in commands.items():
        flags = (*command, f"--web.listen-address=127.0.0.1:{ports[name]}")
        child = start(name, flags, {"PATH": os.environ["PATH"]}, live.directory / f"{name}.log")
        stack.callback(child.stop)
        children.append((child, f"http://127.0.0.1:{ports[name]}"))
    for child, address in children:
        child.wait_ready(f"{address}/-/ready", 60)
    live.prometheus, live.alertmanager = (address for _, address in children)
    return live


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with ExitStack() as stack:
        yield run(write(tmp_path_factory.mktemp("generated"), lambda _: None), stack)


def edit(documents: dict[str, Any]) -> None:
    """Change what somebody may change by hand."""
    api = documents["prometheus/rules/api.yaml"]["groups"][0]
    alert = next(rule for rule in api["rules"] if rule.get("alert") == "ErrorRateHigh")
    alert["for"] = "7m"
    alert["expr"] = alert["expr"].replace("0.01", "0.02", 1)
    alert["labels"]["severity"] = "info"
    alert["annotations"]["note"] = "ours"
    api["rules"] = [rule for rule in api["rules"] if rule.get("alert") != "ApiLatencyHigh"]
    documents["prometheus/rules/redis.yaml"]["groups"][0] |= {"name": "theirs", "interval": "1m"}
    documents["prometheus/rules/queues.yaml"]["groups"][0]["name"] = "payment-old"
    routing = documents["alertmanager/alertmanager.yml"]
    routing["route"]["group_wait"] = "2m"
    gone = routing["route"]["routes"].pop(0)
    routing["route"]["routes"].append(
        {"receiver": "mine", "matchers": ['team="mine"'], "mute_time_intervals": ["night"]}
    )
    routing["time_intervals"] = [
        {"name": "night", "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "06:00"}]}]}
    ]
    routing["receivers"].append({"name": "mine", "webhook_configs": [{"url": "http://127.0.0.1:9/a-secret"}]})
    routing["receivers"] = [each for each in routing["receivers"] if each["name"] != gone["receiver"]]
    routing["inhibit_rules"].pop(0)
    for receiver in routing["receivers"]:
        for slack in receiver.get("slack_configs", []):
            slack["channel"] = "#elsewhere"


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with ExitStack() as stack:
        yield run(write(tmp_path_factory.mktemp("edited"), edit), stack)


def test_prometheus_runs_what_was_generated(generated: Live) -> None:
    """Also every expression, which Prometheus prints in a form of its own."""
    result = generated.diff("rules", generated.prometheus)
    assert (result.code, result.err) == (0, ""), result.out
    assert " rule groups are as generated\n" in result.out


def test_alertmanager_runs_what_was_generated(generated: Live) -> None:
    result = generated.diff("alertmanager", generated.alertmanager)
    assert (result.code, result.err) == (0, ""), result.out
    assert "routes, receivers and inhibitions are as generated\n" in result.out
    assert "the texts of messages not compared" in result.out


def test_rules_that_somebody_edited_are_told(edited: Live) -> None:
    result = edited.diff("rules", edited.prometheus)
    assert result.code == 1
    lines = result.out.splitlines()
    assert "  ~ alert ErrorRateHigh: for is 7m, generated is 0s" in lines
    assert "  ~ alert ErrorRateHigh: label severity is info, generated is warning" in lines
    assert "  ~ alert ErrorRateHigh: annotation note is ours, which is not generated" in lines
    (expression,) = (line for line in lines if "ErrorRateHigh: expression is" in line)
    assert "0.02" in expression.partition("generated is")[0]
    assert "0.01" in expression.partition("generated is")[2]
    assert "  + alert ApiLatencyHigh: is missing in group payment-api" in lines
    assert "  + group payment-redis: is missing" in lines
    assert "  + group payment-queues: is missing" in lines
    assert "  - group payment-old: is not generated" in lines
    assert "  (1 rule group of others not compared)" in lines


def test_a_routing_that_somebody_edited_is_told(edited: Live) -> None:
    result = edited.diff("alertmanager", edited.alertmanager)
    assert result.code == 1
    lines = result.out.splitlines()
    assert "  ~ root route: group_wait is 2m, generated is 5m" in lines
    assert '  + route of alertname="Watchdog": is missing below the root route' in lines
    assert '  - route of team="mine": is below the root route, and is not generated' in lines
    assert "  - receiver mine: is not generated" in lines
    assert "  + receiver blackhole: is missing" in lines
    assert "  ~ receiver p3: slack_configs: channel is #elsewhere, generated is #payments" in lines
    assert '  + inhibition by alertname="PaymentServiceDown": is missing: of ' in result.out
    assert "  - time interval night: is not generated" in lines
    assert "a-secret" not in result.out


def test_each_server_at_the_address_of_the_other_is_said(generated: Live) -> None:
    rules_of_alertmanager = generated.diff("rules", generated.alertmanager, "--timeout", "5")
    assert rules_of_alertmanager.code == 2
    assert f"payobs: {generated.alertmanager} does not find it (404: " in rules_of_alertmanager.err
    routing_of_prometheus = generated.diff("alertmanager", generated.prometheus)
    assert routing_of_prometheus.code == 2
    assert routing_of_prometheus.err.startswith(f"payobs: {generated.prometheus} ")
