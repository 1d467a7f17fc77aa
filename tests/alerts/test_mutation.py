"""Mutation of rules: which changes are made, and that the verdict on each is promtool's."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.groups import alert_groups
from payment_alerts.mutation.equivalents import Equivalent
from payment_alerts.mutation.family import families
from payment_alerts.mutation.mutant import Kind, Mutant
from payment_alerts.mutation.mutants import mutate_alert, mutate_expression
from payment_alerts.mutation.plan import UnknownAlertError, plan
from payment_alerts.mutation.run import Runner
from payment_alerts.mutation.score import score
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_alerts.tool import ToolError, find_tool
from payment_bundle import mutate
from payment_bundle.cli import app
from payment_bundle.mutate import MutateOptions, run_mutate
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.documents import YamlDocument
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import parse, quote
from payment_catalog.promql_text import write
from payment_catalog.settings import Settings
from payment_catalog.severities import Priority, Severity
from payment_catalog.signal import RecordingRule

CATALOG = build_catalog(Settings())
MINUTE = timedelta(minutes=1)


def alert(expr: str, *scenarios: Scenario, name: str = "QueueLong", pending: timedelta = 4 * MINUTE) -> Alert:
    return Alert(
        name,
        expr,
        pending,
        Severity.WARNING,
        Priority.P3,
        Team.SERVICE_OUTAGE,
        IncidentKey.HIGH_ERROR_RATE,
        summary="Queue is long",
        description="It has {{ $value }} entries",
        meaning="Work waits.",
        impact="Customers wait.",
        scenarios=scenarios,
    )


def depth(values: str, job: str = "shop", instance: str = "a:1") -> InputSeries:
    return InputSeries(f'queue_depth{{job="{job}", instance="{instance}"}}', values)


FIRES = {"job": "shop"}
RECORDING = RecordingRule("job:queue_depth:sum", 'sum by (job) (queue_depth{job="shop"})')
EXPR = f"{RECORDING} > 10"

WEAK = AlertGroup(
    "queue",
    "queue.yaml",
    (
        alert(
            EXPR,
            Scenario("long", (depth("1000x30"),), 30 * MINUTE, (FIRES,)),
            Scenario("short", (depth("0x30"),), 30 * MINUTE),
        ),
    ),
    (RECORDING,),
    dashboard=Dashboard.OVERVIEW,
)
STRONG = AlertGroup(
    "queue",
    "queue.yaml",
    (
        alert(
            EXPR,
            Scenario("just above", (depth("5.1x9"), depth("5.1x9", instance="b:1")), 4 * MINUTE, (FIRES,)),
            Scenario("just below", (depth("4.9x9"), depth("4.9x9", instance="b:1")), 9 * MINUTE),
            Scenario("at the limit", (depth("10x9"),), 9 * MINUTE),
            Scenario("only begun", (depth("50x9"),), 3 * MINUTE),
            Scenario("one that is long", (depth("10.2x9"),), 4 * MINUTE, (FIRES,)),
            Scenario("another's", (depth("99x9", job="other"),), 9 * MINUTE),
        ),
    ),
    (RECORDING,),
    dashboard=Dashboard.OVERVIEW,
)


def changes_of(expression: str, kind: Kind) -> set[str]:
    return {mutant.expr for mutant in mutate_expression("R", expression).mutants if mutant.kind is kind}


def survivors_of(group: AlertGroup) -> list[Mutant]:
    return [mutant for verdict in Runner(CATALOG, jobs=2).run(plan([group]).families) for mutant in verdict.survivors]


@pytest.mark.parametrize(
    ("expression", "kind", "wanted"),
    [
        ("x > 10", Kind.COMPARATOR, {"x >= 10", "x < 10", "x != 10"}),
        ("x == 0", Kind.COMPARATOR, {"x != 0", "x >= 0", "x <= 0"}),
        ("x > 10", Kind.THRESHOLD, {"x > 5", "x > 9", "x > 11", "x > 20", "x > 0"}),
        ("x > 0", Kind.THRESHOLD, {"x > 1", "x > -1"}),
        ("x * 2", Kind.NUMBER, {"x * 1", "x * 1.8", "x * 2.2", "x * 4", "x * 0"}),
        ("rate(x[5m])", Kind.RANGE, {"rate(x[2m30s])", "rate(x[10m])"}),
        ("max_over_time(x[1h:1m])", Kind.RANGE, {"max_over_time(x[30m:1m])", "max_over_time(x[2h:1m])"}),
        ("x offset 5m", Kind.OFFSET, {"x"}),
        ("rate(x[5m] offset 1d)", Kind.OFFSET, {"rate(x[5m])"}),
        ('x{a="b"}', Kind.MATCHER, {"x", 'x{a!="b"}', 'x{a="b-other"}'}),
        (
            'x{a="b", c=~"d|e"}',
            Kind.MATCHER,
            {
                'x{c=~"d|e"}',
                'x{a!="b", c=~"d|e"}',
                'x{a="b-other", c=~"d|e"}',
                'x{a="b"}',
                'x{a="b", c!~"d|e"}',
                'x{a="b", c=~"d|e-other"}',
                'x{a="b", c=~"d"}',
                'x{a="b", c=~"e"}',
            },
        ),
        ("sum by (a) (x)", Kind.AGGREGATION, {f"{other} by (a) (x)" for other in ("max", "min", "avg", "count")}),
        ("sum by (a, b) (x)", Kind.GROUPING, {"sum  (x)", "sum by (b) (x)", "sum by (a) (x)"}),
        ("x / on (a) y", Kind.MATCHING, {"x / on () y"}),
        ("x + y", Kind.OPERATOR, {"x - y"}),
        ("1 - x / y", Kind.OPERATOR, {"1 + x / y", "1 - (x * y)"}),
        ("x and y", Kind.OPERATOR, {"x or y", "x unless y"}),
        ("x unless y", Kind.OPERAND, {"x"}),
        ("x or y", Kind.OPERAND, {"x", "y"}),
        ("rate(x[5m])", Kind.FUNCTION, {"increase(x[5m])", "irate(x[5m])", "delta(x[5m])"}),
        ("min_over_time(x[5m])", Kind.FUNCTION, {f"{one}_over_time(x[5m])" for one in ("max", "avg", "last")}),
        ("x / (y > 0)", Kind.GUARD, {"x / y"}),
        ("x > 1 and y > 0", Kind.GUARD, {"(x) and y > 0", "x > 1 and (y)"}),
        ("1 - x / y", Kind.SIDES, {"1 - (y / x)", "(x / y) - 1"}),
        ("x > 10", Kind.GUARD, set()),
    ],
)
def test_every_word_of_an_expression_is_changed(expression: str, kind: Kind, wanted: set[str]) -> None:
    assert changes_of(expression, kind) == wanted


def test_a_mutant_says_what_stands_where_and_what_instead() -> None:
    expression = 'rate(x{a="b"}[5m]) / y > 10'
    for mutant in mutate_expression("R", expression).mutants:
        assert expression[mutant.position :].startswith(mutant.before)
        assert mutant.expr != expression
        parse(mutant.expr)
    assert "R: threshold at 25: 10 -> 9" in {str(mutant) for mutant in mutate_expression("R", expression).mutants}


def test_for_is_changed_in_whole_minutes() -> None:
    def pendings(pending: timedelta) -> list[timedelta | None]:
        return [mutant.pending for mutant in mutate_alert(alert("x", pending=pending)).mutants]

    assert pendings(5 * MINUTE) == [timedelta(0), 2 * MINUTE, 10 * MINUTE]
    assert pendings(MINUTE) == [timedelta(0), 2 * MINUTE]
    assert pendings(timedelta(0)) == []


def test_what_is_no_promql_is_dropped_and_counted() -> None:
    mutation = mutate_expression("R", '{a="b"}')
    assert ([mutant.expr for mutant in mutation.mutants], mutation.invalid) == (['{a="b-other"}'], 1)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_label_value_is_written_as_it_was_read(value: str) -> None:
    expression = f"x{{a={quote(value)}}} > 1"
    assert write(parse(expression)) == expression


@pytest.mark.parametrize(
    "expression",
    [
        "max_over_time((a > 1)[1h:5m] offset 5m) * on (job, k) group_left (z) x",
        "sum without (a) (x offset -1m) > bool 0.5",
        'label_replace(x, "a", "$1", "b", "(.*)")',
        "quantile(0.9, x @ end())",
        "-x unless ignoring (a) y",
        *(alert.expr for group in alert_groups(CATALOG) for alert in group.alerts),
        *(recording.expr for group in alert_groups(CATALOG) for recording in group.recordings),
    ],
)
def test_an_expression_is_written_as_it_was_read(expression: str) -> None:
    assert "".join(write(parse(expression)).split()) == "".join(expression.split())


def test_tests_that_only_know_extremes_miss_much() -> None:
    survived = {(mutant.rule, mutant.kind) for mutant in survivors_of(WEAK)}
    assert survived >= {
        ("QueueLong", Kind.COMPARATOR),
        ("QueueLong", Kind.THRESHOLD),
        ("QueueLong", Kind.FOR),
        (RECORDING.record, Kind.AGGREGATION),
        (RECORDING.record, Kind.MATCHER),
    }


def test_good_tests_notice_everything() -> None:
    assert survivors_of(STRONG) == []


def test_the_verdict_is_the_same_as_with_one_mutant_in_the_rule_file(tmp_path: Path) -> None:
    group = replace(WEAK, alerts=(replace(WEAK.alerts[0], scenarios=STRONG.alerts[0].scenarios[:2]),))
    survived = set(survivors_of(group))
    assert survived
    for mutant in plan([group]).mutants:
        (declared,), (recording,) = group.alerts, group.recordings
        if mutant.rule == recording.record:
            changed = replace(group, recordings=(replace(recording, expr=mutant.expr),))
        else:
            pending = declared.pending if mutant.pending is None else mutant.pending
            changed = replace(group, alerts=(replace(declared, expr=mutant.expr, pending=pending),))
        assert passes(changed, tmp_path) == (mutant in survived), str(mutant)


def passes(group: AlertGroup, directory: Path) -> bool:
    for path, document in {**rules(CATALOG, [group]), **rule_tests(CATALOG, [group])}.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(document, YamlDocument)
        file.write_text(json.dumps(document.content))
    command = [find_tool("promtool"), "test", "rules", str(directory / "prometheus/tests/queue.yaml")]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def test_a_rule_that_cannot_be_evaluated_is_noticed_and_hides_no_other() -> None:
    two_limits = (
        depth("50x9"),
        InputSeries('limit{job="shop"}', "10x9"),
        InputSeries('limit{job="other"}', "10x9"),
    )
    expr = "sum by (job) (queue_depth) > on (job) limit"
    group = AlertGroup(
        "queue",
        "queue.yaml",
        (alert(expr, Scenario("long", two_limits, 9 * MINUTE, (FIRES,))),),
        dashboard=Dashboard.OVERVIEW,
    )
    survived = {mutant.change for mutant in survivors_of(group)}
    assert "> on (job) -> > on ()" not in survived
    assert "sum -> avg" in survived


def test_a_recording_rule_is_judged_by_every_alert_that_reads_it_through_others() -> None:
    other = RecordingRule("job:queue_depth:half", f"{RECORDING} / 2")
    idle = RecordingRule("job:nobody:reads", "vector(1)")
    group = replace(
        STRONG,
        recordings=(RECORDING, other, idle),
        alerts=(*STRONG.alerts, alert(f"{other} > 10", name="HalfLong"), alert("up == 0", name="Down")),
    )
    first, second, *rest = families(group)
    assert [reader.name for reader in first.alerts] == ["QueueLong", "HalfLong"]
    assert [reader.name for reader in second.alerts] == ["HalfLong"]
    assert [family.rule for family in rest] == ["QueueLong", "HalfLong", "Down"]


def test_every_scenario_is_in_one_round_with_the_rules_that_it_is_about() -> None:
    other = RecordingRule("job:queue_depth:half", f"{RECORDING} / 2")
    days = Scenario("days", (depth("1x9"),), timedelta(days=3))
    outline = Scenario("the outline of days", (depth("99x9"),), timedelta(days=3), (FIRES,), every=timedelta(days=1))
    long = alert(f"{other} > 10", days, outline, Scenario("no data", (), MINUTE), name="HalfLong")
    group = replace(STRONG, recordings=(RECORDING, other), alerts=(*STRONG.alerts, long))
    family = families(group)[0]
    first, *_, last = family.rounds
    tried = [scenario for one in family.rounds for alert in one.alerts for scenario in alert.scenarios]
    assert sorted(scenario.title for scenario in tried) == sorted(
        scenario.title for alert in group.alerts for scenario in alert.scenarios
    )
    assert [alert.name for alert in first.alerts] == ["QueueLong"]
    assert first.recordings == (RECORDING,)
    assert tried.index(outline) < tried.index(days)
    assert [scenario for alert in last.alerts for scenario in alert.scenarios] == [days]
    assert [alert.name for alert in last.alerts] == ["HalfLong"]


def test_a_scenario_that_evaluates_seldom_is_proven_beside_the_others() -> None:
    seldom = Scenario("an hour of eleven", (depth("11x60"),), 60 * MINUTE, (FIRES,), every=10 * MINUTE)
    often = Scenario("an hour of nine", (depth("9x60"),), 60 * MINUTE)
    group = replace(WEAK, alerts=(replace(WEAK.alerts[0], scenarios=(seldom, often)),))
    intervals = {
        path: document.content["evaluation_interval"]  # type: ignore[index, union-attr]
        for path, document in rule_tests(CATALOG, [group]).items()
    }
    assert intervals == {"prometheus/tests/queue.yaml": "1m", "prometheus/tests/queue.every-10m.yaml": "10m"}
    survived = {(mutant.kind, mutant.change) for mutant in survivors_of(group)}
    assert (Kind.THRESHOLD, "10 -> 20") not in survived
    assert (Kind.THRESHOLD, "10 -> 5") not in survived
    assert (Kind.FOR, "4m -> 8m") in survived


def test_rules_that_fail_as_declared_are_not_judged() -> None:
    broken = alert(EXPR, Scenario("short", (depth("0x30"),), 30 * MINUTE, (FIRES,)))
    with pytest.raises(ToolError, match="as it is declared"):
        survivors_of(replace(WEAK, alerts=(broken,)))


@pytest.mark.parametrize(("words", "code"), [("the sky is falling", 3), ("", 1)])
def test_a_promtool_that_fails_in_unknown_words_kills_nobody(tmp_path: Path, words: str, code: int) -> None:
    tool = tmp_path / "promtool"
    tool.write_text(f"#!/bin/sh\necho {words}; exit {code}\n")
    tool.chmod(0o755)
    with pytest.raises(ToolError, match="as it is declared"):
        list(Runner(CATALOG, jobs=1, binary=str(tool)).run(plan([WEAK]).families))


def test_a_failure_that_names_nobody_is_narrowed_down(tmp_path: Path) -> None:
    tool = tmp_path / "promtool"
    tool.write_text('#!/bin/sh\ngrep -q "queue_depth) / 1" "${3%/tests/*}/rules/queue.yaml" && exit 1\nexit 0\n')
    tool.chmod(0o755)
    group = AlertGroup(
        "queue",
        "queue.yaml",
        (alert("(limit - queue_depth) * 1 > 2", Scenario("any", (), MINUTE)),),
        dashboard=Dashboard.OVERVIEW,
    )
    (mutants,) = (found for _, found in plan([group]).families)
    (verdict,) = Runner(CATALOG, jobs=1, binary=str(tool)).run(plan([group]).families)
    assert [mutant.change for mutant in mutants if mutant not in verdict.survivors] == ["* -> /"]


def test_nothing_is_left_behind_when_the_run_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    running = Runner(CATALOG, jobs=1).run(plan([WEAK]).families)
    next(running)
    assert list(tmp_path.iterdir())
    running.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


SOME = (
    Mutant("R", Kind.COMPARATOR, 2, "> 0", "!= 0", "x != 0"),
    Mutant("R", Kind.COMPARATOR, 2, "> 0", ">= 0", "x >= 0"),
    Mutant("R", Kind.THRESHOLD, 4, "0", "1", "x > 1"),
)
NEVER_NEGATIVE = Equivalent("R|S", Kind.COMPARATOR, "> 0 -> != 0", "x is never negative")


def test_an_equivalent_counts_for_nothing() -> None:
    result = score(SOME, SOME[:2], [NEVER_NEGATIVE])
    assert (result.killed, result.survivors, result.equivalents) == (1, SOME[1:2], ((SOME[0], NEVER_NEGATIVE),))
    assert result.ratio == 0.5
    assert result.is_enough(0.5)
    assert not result.is_enough(0.51)


def test_an_equivalent_that_a_test_notices_is_a_finding() -> None:
    result = score(SOME, [], [NEVER_NEGATIVE])
    assert result.wrong == ((SOME[0], NEVER_NEGATIVE),)
    assert not result.is_enough(0)


def test_an_equivalent_that_is_no_mutant_any_more_is_a_finding() -> None:
    old = Equivalent("Removed", Kind.COMPARATOR, ".*", "it was so once")
    assert score(SOME, [], [old]).stale == (old,)
    assert not score(SOME, [], [old]).is_enough(0)
    assert score(SOME, [], [old], complete=False).is_enough(1)


def test_an_unknown_alert_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownAlertError, match=r"no alert QueueLonk; did you mean QueueLong\?"):
        plan([WEAK], ["QueueLonk"])


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.setattr(mutate, "EQUIVALENTS", ())
    monkeypatch.chdir(tmp_path)
    Path("bundle.yaml").write_text("{}\n")
    return CliRunner()


@pytest.mark.parametrize(
    ("group", "arguments", "code"),
    [(STRONG, [], 0), (STRONG, ["--minimum", "1"], 0), (WEAK, [], 1), (WEAK, ["--minimum", "0.3"], 0)],
    ids=["strong", "strong, all", "weak", "weak, but enough"],
)
def test_the_exit_code_says_whether_enough_is_noticed(
    command: CliRunner, monkeypatch: pytest.MonkeyPatch, group: AlertGroup, arguments: list[str], code: int
) -> None:
    monkeypatch.setattr(mutate, "alert_groups", lambda _: (group,))
    result = command.invoke(app, ["mutate", *arguments])
    assert result.exit_code == code
    assert ("survived    QueueLong: threshold at 22: 10 -> 11" in result.stdout) == (group is WEAK)
    assert "score " in result.stdout


def test_a_list_tries_nothing(command: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutate, "alert_groups", lambda _: (WEAK,))
    monkeypatch.setenv("PROMTOOL", "/nowhere")
    result = command.invoke(app, ["mutate", "--list", "--only", "QueueLong"])
    assert result.exit_code == 0
    assert "QueueLong: for: 4m -> 8m" in result.stdout


def test_equivalents_are_shown_with_their_reason(capsys: pytest.CaptureFixture[str]) -> None:
    exact = Equivalent("QueueLong", Kind.COMPARATOR, "> 10 -> >= 10", "it is never exactly ten")
    assert run_mutate(CATALOG, MutateOptions(minimum=0, verbose=True), (WEAK,), (exact,))
    shown = capsys.readouterr().out
    assert "equivalent  QueueLong: comparator at 20: > 10 -> >= 10" in shown
    assert "it is never exactly ten" in shown
