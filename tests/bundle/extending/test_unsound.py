"""What somebody is told whose extension breaks a rule: one finding, with its line in the extension's source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import payobs
from extension_home import extension_home

from payment_alerts.groups import alert_groups, recordings
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_bundle.checks import checks, source_findings
from payment_bundle.extending.loading import load_catalog
from payment_bundle.extending.soundness import unsound
from payment_bundle.generation import grafana_documents
from payment_bundle.rendering import render_all

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.findings import Finding

ALERT, METRIC, PANEL = "LedgerPostingsPileUp", "ledger_postings_pending", "Postings pending"
RULES, TESTS = "promtool check rules", "promtool test rules"


def line_of(file: str, text: str) -> int:
    """Return the line of ``file`` on which ``text`` stands first."""
    lines = Path(file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_the_example_is_sound(tmp_path: Path) -> None:
    assert unsound(load_catalog(extension_home(tmp_path))) == ()


METRICS = {
    "no lower-case name": ('"ledger_postings_pending"', '"ledgerPostings"', "is no name of a metric"),
    "another unit than the base": (METRIC, "ledger_delay_milliseconds", "counts in milliseconds: use the base unit"),
    "its type in its name": (METRIC, "ledger_postings_gauge", "has its type in its name: leave 'gauge' out"),
    "the ending of a histogram": (METRIC, "ledger_postings_count", "ends in _count"),
    "a metric of the bundle": (METRIC, "payment_operations_unresolved", "the bundle has the series"),
    "a series of the bundle": (METRIC, "http_request_duration_seconds_bucket", "ends in _bucket"),
    "no description": ('"Payments that succeeded and are not posted to the ledger yet."', '" "', "has no description"),
}


@pytest.mark.parametrize(("right", "wrong", "says"), METRICS.values(), ids=METRICS)
def test_a_metric(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    found = unsound(load_catalog(extension_home(tmp_path, (right, wrong))))
    assert says in found[0].message
    assert found[0].rule == wrong.strip('"').strip() or found[0].rule == METRIC
    assert "ledger_metrics" in found[0].file
    assert found[0].line == line_of(found[0].file, found[0].rule)


LABELS = {
    "environment": "which Prometheus or an alert sets",
    "le": "which Prometheus or an alert sets",
    "severity": "which Prometheus or an alert sets",
    "Ledger": "is no name of one",
    "__ledger": "is no name of one",
    "region": "which the settings put on every alert",
}


@pytest.mark.parametrize(("label", "says"), LABELS.items(), ids=LABELS)
def test_a_label(tmp_path: Path, label: str, says: str) -> None:
    changes = (
        ("import Metric, MetricType", "import Label, Metric, MetricType"),
        ("    workers=", f'    labels=(Label("{label}", ("a", "b")),),\n    workers='),
    )
    (finding,) = unsound(load_catalog(extension_home(tmp_path, *changes, settings="labels: {region: my-central}\n")))
    assert says in finding.message
    assert f"'{label}'" in finding.message
    assert finding.line == line_of(finding.file, METRIC)


ALERTS = {
    "an undeclared metric": ("({POSTINGS_PENDING}{{{", "({POSTINGS_PENDING}s{{{", ALERT, "did you mean"),
    "an undeclared label": ("max by ({JOB})", "max by ({JOB}, ledger)", ALERT, "label 'ledger' is unknown"),
    "no PromQL": ("max by ({JOB})", "max by ({JOB}", ALERT, "cannot be parsed"),
    "too short a window": ("max by ({JOB}) ({P", "max by ({JOB}) (rate({P", ALERT, "fewer than 4 scrapes: one comes"),
    "no word as a name": (ALERT, "ledger-postings", "ledger-postings", "is no name of an alert"),
    "the name of one of the bundle's": (ALERT, "ErrorRateHigh", "ErrorRateHigh", "the bundle has the alert"),
    "no scenario that fires": (", firing),", "),", ALERT, "nothing shows that it can"),
    "one silent scenario": (
        """            Scenario("exactly at the limit", pending(LIMIT), 2 * LASTS),
            Scenario("just below the limit, in both instances", pending(LIMIT - 1, LIMIT - 1), 2 * LASTS),
            Scenario("not for long enough", pending(2 * LIMIT), LASTS - _MINUTE),
""",
        "",
        ALERT,
        "has 1 scenario(s) in which it is silent",
    ),
    "two scenarios of one name": ('"no data"', '"exactly at the limit"', ALERT, "two scenarios called"),
    "a scenario of another metric": ("POSTINGS_PENDING.name", '"ledger_pending"', ALERT, "feeds what nobody publishes"),
    "no summary": ('"Postings of {{ $labels.job }} pile up"', '""', ALERT, "has no summary"),
    "an unknown incident": (
        "incidents=(ledger_behind,)",
        "incidents=()",
        ALERT,
        "which no function of incidents makes",
    ),
    "an incident of the bundle's": (
        'OwnIncidentKey("ledger-behind")',
        'OwnIncidentKey("data-loss")',
        "data-loss",
        "is the key of another incident already: ",
    ),
    "an incident without diagnosis": (
        'diagnosis=(Command("Read what the ledger answers", f"{logs} | grep ledger"),)',
        "diagnosis=()",
        "ledger-behind",
        "has no diagnosis",
    ),
    "a file of the bundle's": ('"ledger.yaml"', '"api.yaml"', "ledger", "the bundle has the file of rules 'api.yaml'"),
    "no file of rules": ('"ledger.yaml"', '"../ledger.yml"', "ledger", "and .yaml at the end"),
    "a group of the bundle's": (
        'AlertGroup("ledger"',
        'AlertGroup("security-alerts"',
        "security-alerts",
        "the bundle has the group of rules 'security-alerts' already",
    ),
    "a rare group": (
        "dashboard=Dashboard.BUSINESS)",
        "interval=LASTS, dashboard=Dashboard.BUSINESS)",
        "ledger",
        "is evaluated every 600 s",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "rule", "says"), ALERTS.values(), ids=ALERTS)
def test_an_alert_or_an_incident(tmp_path: Path, right: str, wrong: str, rule: str, says: str) -> None:
    changes = [(right, wrong)]
    if "rate(" in wrong:
        changes += [("}}) > {LIMIT}", "}}[30s])) > {LIMIT}")]
    (finding,) = unsound(load_catalog(extension_home(tmp_path, *changes)))
    assert (finding.rule, finding.line) == (rule, line_of(finding.file, f'"{rule}"'))
    assert says in finding.message


PANELS = {
    "an undeclared label": ('kit.measured("LedgerPostingsPileUp", "{{environment}}")', 'Query("sum by (ledger) (up)")'),
    "no PromQL": ('kit.measured("LedgerPostingsPileUp", "{{environment}}")', 'Query("sum(up")'),
    "too wide": ("width=24", "width=25"),
    "what Grafana has no form for": ("width=24", "colours=1"),
}


@pytest.mark.parametrize(("right", "wrong"), PANELS.values(), ids=PANELS)
def test_a_panel(tmp_path: Path, right: str, wrong: str) -> None:
    changes = ((right, wrong), ("import JOB, service_job", "import JOB, Query, service_job"))
    (finding,) = unsound(load_catalog(extension_home(tmp_path, *changes)))
    assert (finding.rule, finding.line) == (PANEL, line_of(finding.file, PANEL))


OWN_BOARD = (
    ("RowsOn(Dashboard.BUSINESS, (Row(", 'Board(LEDGER, "Does the ledger keep up?", (Row('),
    ("-> RowsOn", "-> Board"),
    ("import RowsOn", "import RowsOn as _"),
    ("import Row\n", "import Board, Row\n"),
    ("import Dashboard\n", "import Dashboard, OwnDashboard\n"),
)


def of_the_dashboards(catalog: Catalog) -> tuple[Finding, ...]:
    """Return what is found in the dashboards, by the files that they are."""
    declared = catalog.declared(recordings(alert_groups(catalog)))
    return source_findings(render_all(grafana_documents(catalog)), declared, catalog.additions)


def test_a_dashboard_of_its_own(tmp_path: Path) -> None:
    own = ("LIMIT = 100", 'LIMIT = 100\nLEDGER = OwnDashboard("payment-ledger", "Payment ledger")')
    shown = ("dashboard=Dashboard.BUSINESS)", "dashboard=LEDGER)")
    catalog = load_catalog(extension_home(tmp_path, *OWN_BOARD, own, shown))
    assert unsound(catalog) == ()
    assert "grafana/dashboards/payment-ledger.json" in grafana_documents(catalog)
    assert of_the_dashboards(catalog) == ()


@pytest.mark.parametrize(
    ("dashboard", "alert_on", "rule", "says"),
    [
        ("Dashboard.BUSINESS", "Dashboard.BUSINESS", "payment-business", "put rows below its own with RowsOn"),
        ('OwnDashboard("payment-logs", "L")', "Dashboard.BUSINESS", "payment-logs", "the bundle has the dashboard"),
        ('OwnDashboard("payment-ledger", "L")', "Dashboard.BUSINESS", ALERT, "give one links=kit.runbooks"),
        (
            'OwnDashboard("payment-ledger", "L")',
            'OwnDashboard("payment-posting", "P")',
            "ledger",
            "which no function of panels makes",
        ),
    ],
)
def test_a_dashboard_that_is_not_its_own_or_not_the_alerts(
    tmp_path: Path, dashboard: str, alert_on: str, rule: str, says: str
) -> None:
    changes = (
        ("LIMIT = 100", f"LIMIT = 100\nLEDGER = {dashboard}"),
        ("dashboard=Dashboard.BUSINESS)", f"dashboard={alert_on})"),
    )
    (finding,) = unsound(load_catalog(extension_home(tmp_path, *OWN_BOARD, *changes)))
    assert finding.rule == rule
    assert says in finding.message


def test_what_the_linting_of_dashboards_finds_is_told_with_the_line_of_the_panel(tmp_path: Path) -> None:
    catalog = load_catalog(extension_home(tmp_path, ("        limits=", '        no_value="",\n        limits=')))
    (finding,) = of_the_dashboards(catalog)
    assert (finding.rule, finding.line) == (PANEL, line_of(finding.file, PANEL))
    assert "says nothing without data" in finding.message


def test_two_extensions_do_not_share_a_name(tmp_path: Path) -> None:
    first = extension_home(tmp_path).read_text()
    file = extension_home(tmp_path)
    file.write_text(f"{file.read_text().rstrip()[:-1]}, {first.partition('[')[2]}")
    found = unsound(load_catalog(file))
    names = {(finding.rule, finding.message.partition(" '")[0]) for finding in found}
    assert {(METRIC, "the extension"), (ALERT, "the extension"), ("ledger", "the extension")} <= names
    assert ("ledger-behind", "is the key of another incident already: Ledger Behind") in names


def of_the_ledger(directory: Path, *changes: tuple[str, str]) -> tuple[Finding, ...]:
    """Return what promtool finds in the rules and the unit tests of the extension alone."""
    catalog = load_catalog(extension_home(directory, *changes))
    groups = tuple(group for group in alert_groups(catalog) if group.name == "ledger")
    for path, content in render_all({**rules(catalog, groups), **rule_tests(catalog, groups)}).items():
        file = directory / "generated" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    ours = (check for check in checks(catalog, directory / "generated") if check.name in {RULES, TESTS})
    return tuple(finding for check in ours for finding in check.run())


def test_a_unit_test_that_fails_is_told_with_the_line_of_the_alert(tmp_path: Path) -> None:
    first, *_ = of_the_ledger(tmp_path, ("pending(LIMIT), 2 * LASTS)", "pending(LIMIT + 1), 2 * LASTS)"))
    assert (first.rule, first.line) == (ALERT, line_of(first.file, ALERT))
    assert "the unit test failed" in first.message
    assert "generated/prometheus/tests/ledger.yaml:" in first.message


def test_a_template_that_prometheus_refuses_is_told_with_the_line_of_the_alert(tmp_path: Path) -> None:
    first, *_ = of_the_ledger(tmp_path, ("{{ $labels.job }} pile up", "{{ $label.job }} pile up"))
    assert (first.rule, first.line) == (ALERT, line_of(first.file, ALERT))
    assert "$label" in first.message


def test_a_broken_rule_is_told_by_the_commands_and_writes_nothing(tmp_path: Path) -> None:
    file = str(extension_home(tmp_path, ("max by ({JOB})", "max by ({JOB}, ledger)")))
    out = str(tmp_path / "generated")
    generate, check = (payobs(command, "--config", file, "--out", out) for command in ("generate", "check"))
    assert (generate.code, check.code) == (1, 1)
    assert "1 finding(s); nothing was written" in generate.err
    assert not Path(out).exists()
    for result in (generate, check):
        assert (
            f":{line_of(next(tmp_path.glob('ledger_[0-9]*.py')).as_posix(), ALERT)}: {ALERT}: label 'ledger'"
            in result.out
        )
    mutate = payobs("mutate", "--config", file, "--only", ALERT)
    assert mutate.code == 2
    assert "label 'ledger' is unknown" in mutate.err


def test_the_unit_tests_of_the_example_notice_every_change(tmp_path: Path) -> None:
    result = payobs("mutate", "--config", str(extension_home(tmp_path)), "--only", ALERT, "--minimum", "1")
    assert result.code == 0, result.out
    assert "0 survived" in result.out
