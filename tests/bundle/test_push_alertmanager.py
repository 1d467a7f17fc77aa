"""``payobs push alertmanager`` and ``diff alertmanager --tenant`` against a Mimir that answers as is documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from command_line import Result, payobs
from mimir_stub import ALERTS, TENANT, TOKEN, StubMimir, credentials, stub_mimir
from stub_server import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CREDENTIAL = "a-credential-0123"


class Desk:
    """Where somebody types the commands, with credentials in files."""

    def __init__(self, mimir: StubMimir, directory: Path) -> None:
        self.mimir = mimir
        self.config = directory / "bundle.yaml"
        self.config.write_text("")
        self.token_file = directory / "token"
        self.token_file.write_text(TOKEN)
        self.token_file.chmod(0o600)
        self.secrets = directory / "secrets"
        self.secrets.mkdir()
        for name, content in credentials(CREDENTIAL).items():
            (self.secrets / name).write_text(f"{content}\n")

    def push(self, *arguments: str) -> Result:
        return self._payobs("push", "--secrets", str(self.secrets), *arguments)

    def diff(self, *arguments: str) -> Result:
        return self._payobs("diff", *arguments)

    @property
    def configuration(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.load(self.mimir.routing[TENANT]["alertmanager_config"], Loader=yaml.CSafeLoader)
        return content

    def edit(self, content: dict[str, Any]) -> None:
        """Have somebody change the configuration without leaving a trace of it."""
        notice = self.mimir.routing[TENANT]["alertmanager_config"].splitlines()[0]
        self.mimir.routing[TENANT]["alertmanager_config"] = f"{notice}\n{yaml.dump(content, Dumper=yaml.CSafeDumper)}"

    def _payobs(self, what: str, *arguments: str) -> Result:
        known = ("--config", str(self.config), "--url", self.mimir.url, "--token-file", str(self.token_file))
        result = payobs(what, "alertmanager", *known, "--tenant", TENANT, *arguments)
        assert TOKEN not in result.out + result.err
        assert CREDENTIAL not in result.out + result.err
        return result


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with stub_mimir() as mimir:
        yield Desk(mimir, tmp_path)


@pytest.fixture
def pushed(desk: Desk) -> Desk:
    result = desk.push()
    assert result.code == 0, result.err
    desk.mimir.requests.clear()
    return desk


def test_a_tenant_gets_routing_templates_and_credentials(desk: Desk) -> None:
    result = desk.push()
    assert (result.code, result.err) == (0, "")
    sent = desk.mimir.routing[TENANT]
    assert desk.configuration["templates"] == sorted(sent["template_files"])
    assert "payment.slack.title" in sent["template_files"]["slack.tmpl"]
    assert desk.configuration["route"]["receiver"] == "p3"
    (slack,) = next(each for each in desk.configuration["receivers"] if each["name"] == "p3")["slack_configs"]
    assert slack["api_url"] == f"https://hooks.slack.com/{CREDENTIAL}"
    assert result.out.endswith(f"(tenant {TENANT}): routing created, with {len(sent['template_files'])} templates\n")


def test_a_second_push_sends_nothing(pushed: Desk) -> None:
    pushed.edit(pushed.configuration)
    result = pushed.push()
    assert result.code == 0
    assert pushed.mimir.written() == []
    assert "nothing to send" in result.out
    assert pushed.diff().code == 0


def test_a_dry_run_sends_nothing(desk: Desk) -> None:
    result = desk.push("--dry-run")
    assert result.code == 0
    assert desk.mimir.written() == []
    assert result.out.endswith("routing would be created (dry run, nothing sent)\n")


def test_differences_are_told_and_sent_without_showing_a_credential(pushed: Desk) -> None:
    content = pushed.configuration
    content["route"]["group_wait"] = "1h"
    first = content["route"]["routes"][1]
    first["continue"] = True
    content["receivers"][0]["webhook_configs"] = [{"url": f"http://mine/{CREDENTIAL}"}]
    pager = next(each for each in content["receivers"] if "pagerduty_configs" in each)
    pager["pagerduty_configs"][0]["routing_key"] = f"other-{CREDENTIAL}"
    slack = next(each for each in content["receivers"] if "slack_configs" in each)
    slack["slack_configs"][0]["channel"] = "#elsewhere"
    pushed.edit(content)
    pushed.mimir.routing[TENANT]["template_files"]["slack.tmpl"] += "more\n"
    result = pushed.diff()
    assert result.code == 1
    assert "  ~ root route: group_wait is 1h, generated is 5m\n" in result.out
    assert '~ route of level="L2", team="service-outage": continue is true, generated is false\n' in result.out
    assert f"  ~ receiver {slack['name']}: slack_configs: channel is #elsewhere, generated is #" in result.out
    assert "  ~ template slack.tmpl: differs from line " in result.out
    assert "routing_key" not in result.out
    assert pushed.push().code == 0
    assert pushed.diff().code == 0
    receivers = pushed.configuration["receivers"]
    assert next(each for each in receivers if each["name"] == pager["name"])["pagerduty_configs"][0]["routing_key"] == (
        CREDENTIAL
    )


def test_another_credential_is_sent_and_not_shown(pushed: Desk) -> None:
    (pushed.secrets / "slack-url").write_text(f"https://hooks.slack.com/new-{CREDENTIAL}")
    result = pushed.push()
    assert result.code == 0
    assert ": slack_configs: api_url is another secret than generated\n" in result.out
    assert pushed.mimir.written() == [("POST", ALERTS)]


def test_a_configuration_of_somebody_else_is_kept_unless_forced(desk: Desk) -> None:
    theirs = {"alertmanager_config": "route: {receiver: mine}\nreceivers: [{name: mine}]\n", "template_files": {}}
    desk.mimir.routing[TENANT] = theirs
    result = desk.push()
    assert result.code == 1
    assert desk.mimir.routing[TENANT] is theirs
    assert "  - receiver mine: is not generated\n" in desk.diff().out
    assert "the tenant has a configuration of somebody else's" in result.out
    assert desk.push("--force").code == 0
    assert desk.configuration["route"]["receiver"] == "p3"


def test_a_credential_that_is_not_there_is_said_before_anything_is_asked(desk: Desk) -> None:
    (desk.secrets / "slack-url").unlink()
    result = desk.push()
    assert result.code == 2
    assert result.err.startswith(f"payobs: {desk.secrets}/slack-url: cannot be read (No such file or directory); ")
    assert "as --secrets" in result.err
    (desk.secrets / "slack-url").write_text("\n")
    assert desk.push().err == f"payobs: {desk.secrets}/slack-url: is empty; expected a credential\n"
    assert desk.mimir.requests == []


@pytest.mark.parametrize(
    ("method", "answer", "said"),
    [
        ("GET", Answer(200, b"<html>"), "answered 200 with something that is not an Alertmanager's configuration"),
        ("GET", Answer(200, b"[1]"), "answered 200 with something that is not an Alertmanager's configuration"),
        (
            "GET",
            Answer(404, b"404 page not found"),
            "is its API switched on (ruler.enable_api, alertmanager.enable_api)",
        ),
        ("POST", Answer(200, b"<html>"), "answered 200 with something that is not an Alertmanager's; is the address"),
        ("POST", Answer(413, b"too big"), "finds it too large (413: too big)"),
        ("POST", Answer(400, b"error validating"), "refuses it (400: error validating)"),
    ],
)
def test_each_failure_is_one_line(desk: Desk, method: str, answer: Answer, said: str) -> None:
    desk.mimir.answer_with(method, ALERTS, answer)
    result = desk.push()
    assert result.code == 1
    assert said in result.out + result.err
    assert (result.out + result.err).count("\n") == 1
    assert TENANT not in desk.mimir.routing


def test_what_a_tenant_lacks_is_a_difference(desk: Desk) -> None:
    result = desk.diff("--output", "json")
    assert result.code == 1
    assert yaml.safe_load(result.out)["differences"] == [
        {"subject": "configuration", "nature": "missing", "text": "is missing"}
    ]
    desk.mimir.routing[TENANT] = {"alertmanager_config": "a: [b", "template_files": None}
    assert "  ~ configuration: is no YAML of Alertmanager's\n" in desk.diff().out
