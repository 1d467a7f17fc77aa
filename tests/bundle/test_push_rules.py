"""``payobs push rules`` and ``payobs diff rules --tenant`` against a Mimir that answers as its API is documented."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from command_line import Result, payobs
from mimir_stub import TENANT, TOKEN, StubMimir, stub_mimir
from stub_server import Answer

from payment_bundle.ruler.rule_group import normal
from payment_bundle.ruler.wanted import wanted_groups
from payment_catalog.catalog import build_catalog
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payment_bundle.ruler.wanted import WantedGroup

NAMESPACE = "payobs-payment-service"
PATH = f"/prometheus/config/v1/rules/{NAMESPACE}"
GROUP = "payment-api"


@pytest.fixture(scope="module")
def wanted() -> tuple[WantedGroup, ...]:
    return wanted_groups(build_catalog(Settings()))


@pytest.fixture(autouse=True)
def generated_once(wanted: tuple[WantedGroup, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_bundle.ruler.wanted.wanted_groups", lambda _: wanted)


@pytest.fixture
def mimir() -> Iterator[StubMimir]:
    with stub_mimir() as server:
        yield server


class Desk:
    """Where somebody types the commands, with a token in a file."""

    def __init__(self, mimir: StubMimir, directory: Path) -> None:
        self.mimir = mimir
        self.config = directory / "bundle.yaml"
        self.config.write_text("")
        self.token_file = directory / "token"
        self.token_file.write_text(TOKEN)
        self.token_file.chmod(0o600)

    def push(self, *arguments: str) -> Result:
        return self._payobs("push", *arguments)

    def diff(self, *arguments: str) -> Result:
        return self._payobs("diff", *arguments)

    @property
    def groups(self) -> dict[str, Any]:
        return self.mimir.rules[TENANT][NAMESPACE]

    def alert(self, name: str) -> dict[str, Any]:
        """Return an alert as it is stored, for somebody to change."""
        rules: list[dict[str, Any]] = [rule for group in self.groups.values() for rule in group["rules"]]
        return next(rule for rule in rules if rule.get("alert") == name)

    def _payobs(self, what: str, *arguments: str) -> Result:
        known = ("--config", str(self.config), "--url", self.mimir.url, "--token-file", str(self.token_file))
        result = payobs(what, "rules", *known, "--tenant", TENANT, *arguments)
        assert TOKEN not in result.out + result.err
        return result


@pytest.fixture
def desk(mimir: StubMimir, tmp_path: Path) -> Desk:
    return Desk(mimir, tmp_path)


@pytest.fixture
def pushed(desk: Desk) -> Desk:
    """A Mimir that has every group, and has forgotten the requests."""
    assert desk.push().code == 0
    desk.mimir.requests.clear()
    return desk


def test_every_group_is_sent_each_after_those_whose_series_it_reads(
    desk: Desk, wanted: tuple[WantedGroup, ...]
) -> None:
    result = desk.push()
    assert (result.code, result.err) == (0, "")
    assert list(desk.groups) == [group.name for group in wanted]
    assert desk.mimir.written() == [("POST", PATH)] * len(wanted)
    read = {
        name: {series for rule in group["rules"] for series in analyse(rule["expr"], {}).selected}
        for name, group in desk.groups.items()
    }
    recorded = {
        name: {rule["record"] for rule in group["rules"] if "record" in rule} for name, group in desk.groups.items()
    }
    too_early = [
        (name, later)
        for number, name in enumerate(desk.groups)
        for later in [*desk.groups][number + 1 :]
        if read[name] & recorded[later] and not read[later] & recorded[name]
    ]
    assert too_early == []
    assert f"  + {GROUP}: created\n" in result.out
    assert result.out.endswith(f"(tenant {TENANT}), namespace {NAMESPACE}: {len(wanted)} created\n")


def test_a_group_is_evaluated_as_often_as_in_prometheus(pushed: Desk) -> None:
    assert pushed.groups[GROUP]["interval"] == "15s"
    assert pushed.groups["payment-disks"]["interval"] == "3m"


def test_a_second_push_sends_nothing(pushed: Desk, wanted: tuple[WantedGroup, ...]) -> None:
    result = pushed.push()
    assert result.code == 0
    assert pushed.mimir.requests == [("GET", PATH)]
    assert result.out.endswith(f"nothing to send, all {len(wanted)} groups are as generated\n")
    assert pushed.diff().code == 0


def test_the_same_meaning_written_another_way_is_no_difference(pushed: Desk) -> None:
    pushed.groups[GROUP]["interval"] = "0m15s"
    pushed.groups[GROUP]["limit"] = 0
    alert = pushed.alert("ErrorRateHigh")
    alert["expr"] = f"\n  {alert['expr'].replace(' ', '  ').replace('offset 2m', 'offset 120s')}\n"
    refused = pushed.alert("MostRequestsRefused")
    assert 'code=~"4..", code!~"429|499"' in refused["expr"]
    refused["expr"] = refused["expr"].replace('code=~"4..", code!~"429|499"', """code !~ '429|499' , code=~"4..\"""")
    alert["keep_firing_for"] = "600s"
    assert pushed.push().code == 0
    assert pushed.mimir.written() == []


def test_only_the_group_that_differs_is_sent_and_the_difference_told(pushed: Desk) -> None:
    before = copy.deepcopy(pushed.groups)
    alert = pushed.alert("HighFailedAuthRate")
    alert["for"] = "1h"
    alert["labels"]["severity"] = "info"
    del alert["annotations"]["summary"]
    difference = pushed.diff()
    assert difference.code == 1
    assert "  ~ alert HighFailedAuthRate: for is 1h, generated is 2m\n" in difference.out
    assert "  ~ alert HighFailedAuthRate: label severity is info, generated is warning\n" in difference.out
    assert "alert HighFailedAuthRate: annotation summary is missing, generated is " in difference.out
    assert pushed.mimir.written() == []
    result = pushed.push()
    assert result.code == 0
    assert pushed.mimir.written() == [("POST", PATH)]
    assert "      alert HighFailedAuthRate: for is 1h, generated is 2m\n" in result.out
    assert pushed.groups == before


def test_rules_more_or_fewer_or_in_another_order_are_told(pushed: Desk) -> None:
    rules = pushed.groups[GROUP]["rules"]
    rules.append({"alert": "Mine\x1b[2J", "expr": "up == 0"})
    rules.append(rules.pop(0))
    gone = rules.pop(0)
    pushed.groups[GROUP]["source_tenants"] = ["others"]
    lines = pushed.diff().out.splitlines()
    assert f"  + recording rule {gone['record']}: is missing in group {GROUP}" in lines
    assert f"  - alert Mine\\u001b[2J: is in group {GROUP}, and is not generated" in lines
    assert f"  ~ group {GROUP}: its rules stand in another order" in lines
    assert f'  ~ group {GROUP}: source_tenants is ["others"], which is not generated' in lines


def test_a_dry_run_sends_nothing(desk: Desk, wanted: tuple[WantedGroup, ...]) -> None:
    result = desk.push("--dry-run")
    assert result.code == 0
    assert desk.mimir.written() == []
    assert result.out.count(": would be created\n") == len(wanted)
    assert result.out.endswith(" (dry run, nothing sent)\n")


def test_a_group_that_is_no_longer_generated_goes_when_it_is_asked_for(pushed: Desk) -> None:
    pushed.groups["old group/1"] = {"name": "old group/1", "interval": "15s", "rules": []}
    kept = pushed.push()
    assert kept.code == 0
    assert "  - old group/1: is no longer generated; --prune removes it\n" in kept.out
    assert "  - group old group/1: is not generated\n" in pushed.diff().out
    assert pushed.mimir.written() == []
    assert pushed.push("--prune").code == 0
    assert pushed.mimir.written() == [("DELETE", f"{PATH}/old%20group%2F1")]
    assert "old group/1" not in pushed.groups


def test_other_namespaces_and_tenants_are_left_alone(desk: Desk) -> None:
    foreign = {"name": "theirs", "interval": "1m", "rules": [{"record": "a:b", "expr": "up"}]}
    desk.mimir.rules = {TENANT: {"theirs": {"theirs": foreign}}, "others": {NAMESPACE: {"theirs": foreign}}}
    assert desk.push("--prune").code == 0
    assert desk.mimir.rules[TENANT]["theirs"] == {"theirs": foreign}
    assert desk.mimir.rules["others"] == {NAMESPACE: {"theirs": foreign}}


def test_a_namespace_of_another_name_and_the_paths_of_cortex(desk: Desk) -> None:
    desk.mimir.flavour = "cortex"
    assert desk.push("--flavour", "cortex", "--namespace", "shop rules").code == 0
    assert set(desk.mimir.written()) == {("POST", "/api/v1/rules/shop%20rules")}
    assert desk.diff("--flavour", "cortex", "--namespace", "shop rules").code == 0


def test_the_address_of_its_prometheus_does_too(desk: Desk) -> None:
    desk.mimir.url += "/prometheus"
    assert desk.push().code == 0


def test_what_mimir_refuses_is_named_and_the_rest_is_done(desk: Desk, wanted: tuple[WantedGroup, ...]) -> None:
    desk.mimir.most_rules = 10
    large = [group.name for group in wanted if len(group.group.rules) > 10]
    result = desk.push()
    assert result.code == 1
    assert large
    for name in large:
        assert (
            f"  ! {name}: not pushed; {desk.mimir.url} (tenant {TENANT}) refuses it (400: per-user rules per"
            in result.out
        )
    assert len(desk.groups) == len(wanted) - len(large)


def test_a_tenant_that_may_have_no_more_groups_is_told_so(pushed: Desk) -> None:
    """Mimir counts one more also for a group that is only changed."""
    pushed.mimir.most_groups = len(pushed.groups)
    pushed.alert("ErrorRateHigh")["for"] = "1h"
    result = pushed.push()
    assert result.code == 1
    assert f"  ! {GROUP}: not pushed; {pushed.mimir.url} (tenant {TENANT}) refuses it (400: per-user rule groups" in (
        result.out
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(401, b"no org id\n"), "asks for a tenant (401: no org id); give its name as --tenant"),
        (Answer(401, f"bad {TOKEN}".encode()), "does not accept the account (401: bad ***); give --token-file"),
        (Answer(403, b"forbidden"), "forbids it (403: forbidden); the account must be allowed to write rules"),
        (Answer(404, b"404 page not found"), "does not find it (404: 404 page not found); is the address right"),
        (Answer(400, b"too many\ntenants"), "refuses it (400: too many tenants)"),
        (Answer(302, None, {"Location": "/login?next=x"}), "redirects to /login (302); is that its real address"),
        (Answer(200, b"<html>Log in</html>"), "answered 200 with something that is not rule groups"),
        (Answer(200, b"a: [b"), "answered 200 with something that is not rule groups"),
        (Answer(200, f"{NAMESPACE}: [{{name: a, rules: [{{}}]}}]".encode()), "answered 200 with something that is not"),
        (
            Answer(200, f"{NAMESPACE}: [{{name: a, interval: .inf}}]".encode()),
            "answered 200 with something that is not",
        ),
        (Answer(200, b"- 1\n"), "answered 200 with something that is not rule groups"),
    ],
)
def test_each_failure_is_one_line(desk: Desk, answer: Answer, said: str) -> None:
    desk.mimir.answer_with("GET", PATH, answer)
    result = desk.push()
    assert (result.code, result.out) == (1, "")
    assert result.err.count("\n") == 1
    assert result.err.startswith(f"payobs: {desk.mimir.url} (tenant {TENANT}) ")
    assert said in result.err
    desk.mimir.answer_with("GET", PATH, answer)
    assert (desk.diff().code, desk.diff("--tenant", "../others").code) == (2, 2)


def test_an_answer_that_accepts_nothing_is_not_taken_for_one_that_does(desk: Desk) -> None:
    desk.mimir.answer_with("POST", PATH, Answer(200, b"<html>Log in</html>"))
    result = desk.push()
    assert result.code == 1
    assert "answered 200 with something that is not a ruler's" in result.err


def test_a_busy_ruler_is_waited_for(desk: Desk) -> None:
    desk.mimir.answer_with("POST", PATH, Answer(429, b"slow down", {"Retry-After": "0"}), Answer(503, b"starting"))
    assert desk.push().code == 0


def test_names_and_passwords_do_too(desk: Desk, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("hunter 2")
    password.chmod(0o600)
    known = ("--config", str(desk.config), "--url", desk.mimir.url, "--tenant", TENANT)
    result = payobs("push", "rules", *known, "--username", "me", "--password-file", str(password))
    assert "does not accept the account (401: invalid token)" in result.err
    both = payobs("push", "rules", *known, "--username", "me", "--token-file", str(desk.token_file))
    assert (both.code, both.err) == (
        2,
        "payobs: --token-file stands beside --username and --password-file; give one of them\n",
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('up{job="a",code=~"5.."}', "up { code =~ '5..', job = \"a\" , }", True),
        ('up{job="a,{b}",code="q\\"1"}', 'up{code="q\\"1",job="a,{b}"}', True),
        ('label_replace(up, "a", "{y,x}", "b", "")', 'label_replace(up, "a", "{x,y}", "b", "")', False),
        ("rate(a[300s]) > 1", "rate(a[5m])>1", True),
        ("a / (b > 0)", "a / b > 0", False),
        ("not PromQL  (", "not  PromQL (", True),
    ],
)
def test_expressions_are_the_same_by_their_structure(one: str, other: str, *, same: bool) -> None:
    assert (normal(one) == normal(other)) is same
