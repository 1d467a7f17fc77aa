"""Settings: what a person who mistypes is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from payment_catalog.loading import MAX_BYTES, SettingsError, load_settings
from payment_catalog.schema import settings_schema
from payment_catalog.settings import Settings
from payment_catalog.thresholds import THRESHOLDS, ThresholdKey

BUNDLE = Path(__file__).parents[2] / "bundle.yaml"


def write(directory: Path, text: str | bytes) -> Path:
    file = directory / "bundle.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_shipped_file_says_what_the_defaults_are() -> None:
    shipped, defaults = load_settings(BUNDLE), Settings()
    assert shipped.model_copy(update={"thresholds": {}}) == defaults
    assert {key: shipped.threshold(key) for key in ThresholdKey} == THRESHOLDS


def test_the_shipped_file_has_every_setting() -> None:
    assert set(yaml.safe_load(BUNDLE.read_text())) == set(Settings.model_fields)


def test_an_empty_file_means_the_runbooks_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, ""))
    assert settings.recovery.point_objective == timedelta(minutes=15)
    assert settings.recovery.time_objective == timedelta(hours=4)
    assert settings.threshold(ThresholdKey.API_LATENCY_P95).warning == 0.2


def test_a_level_that_is_left_out_stays_the_runbooks(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "thresholds:\n  error_ratio: {warning: 0.02}\n"))
    threshold = settings.threshold(ThresholdKey.ERROR_RATIO)
    assert (threshold.warning, threshold.critical) == (0.02, 0.05)


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        ("namespace: a\nservce: x\n", 2, "servce", "did you mean 'service'?"),
        ("urls:\n  grafna: https://x\n", 2, "urls.grafna", "did you mean 'grafana'?"),
        ("thresholds:\n  eror_ratio: {warning: 1}\n", 2, "thresholds.eror_ratio", "'error_ratio'"),
        ("labels: 3\n", 1, "labels", "must be a mapping; found 3"),
        ("scraping:\n  interval: 15\n", 2, "scraping.interval", "such as 30s, 15m, 4h or 90d; found 15"),
        ("scraping:\n  interval: 0s\n", 2, "scraping.interval", "found '0s'"),
        ("scraping:\n  interval: 2m\n  timeout: 5s\n", 2, "scraping.interval", "fewer than four scrapes"),
        ("scraping:\n  timeout: 1m\n", 2, "scraping.timeout", "longer than interval"),
        ("objectives:\n  window: 6d23h\n", 2, "objectives.window", "6d23h is out of range; allowed is 7d to 90d"),
        ("objectives:\n  window: 91d\n", 2, "objectives.window", "91d is out of range; allowed is 7d to 90d"),
        ("objectives:\n  window: 28d30m\n", 2, "objectives.window", "no whole number of hours"),
        (
            "routing:\n  escalation:\n    data-issue:\n      L2: [nobody]\n",
            4,
            "routing.escalation.data-issue.L2",
            "names the contact point 'nobody'",
        ),
        ("routing:\n  dead_mans_switch: pager\n", 2, "routing.dead_mans_switch", "'pager' is no webhook"),
        (
            "routing:\n  mute_times:\n    night:\n      priorities: [P1, P3]\n",
            4,
            "routing.mute_times.night.priorities",
            "P1 cannot wait; only P2 and P3 can be muted",
        ),
        ("routing:\n  mute_times:\n    night: {start: '25:00'}\n", 3, "routing.mute_times.night.start", "25:00"),
        ("scaling:\n  shards: 2\n", 2, "scaling.shards", "localhost:9090, which is another server for each shard"),
        ("scaling:\n  replica_label: job\n", 2, "scaling.replica_label", "'job' is a label of the bundle's own"),
        (
            "labels: {replica: a}\nscaling:\n  replica_label: replica\n",
            3,
            "scaling.replica_label",
            "'replica' is one of labels",
        ),
        ("scaling:\n  remote_write: {url: 'http://u:p@h/x'}\n", 2, "scaling.remote_write.url", "http://u:p@h/x"),
        ("scaling:\n  remote_write: {url: 'http://h/x', sends: some}\n", 2, "scaling.remote_write.sends", "declared"),
        ("service: prometheus\n", 1, "service", "a job of the bundle's own"),
        ("exporter: alertmanager\n", 1, "exporter", "a job of the bundle's own"),
        (
            "environments:\n  monitoring: {service: ['a:1'], exporter: ['b:1']}\n",
            2,
            "environments.monitoring",
            "choose another name",
        ),
        (
            "\nthresholds:\n  error_ratio:\n    warning: 1.5\n",
            4,
            "thresholds.error_ratio.warning",
            "1.5 is out of range; allowed is 0.0001 to 0.99",
        ),
        ("thresholds:\n  error_ratio: {warning: .nan}\n", 2, "thresholds.error_ratio.warning", "finite"),
        (
            "thresholds:\n  error_ratio:\n    warning: 0.06\n",
            2,
            "thresholds.error_ratio",
            "warning (0.06) must be below critical (0.05)",
        ),
        (
            "thresholds:\n  payment_success_ratio: {warning: 0.9}\n",
            2,
            "thresholds.payment_success_ratio",
            "warning (0.9) must be above critical (0.95)",
        ),
        ("thresholds:\n  cpu_usage: {warning: null}\n", 2, "thresholds.cpu_usage", "needs at least one"),
        ("service: 'pay\"ment'\n", 1, "service", "found 'pay\"ment'"),
        ("service: 'a{b}'\n", 1, "service", "found 'a{b}'"),
        ("namespace: '{{ evil }}'\n", 1, "namespace", "should match pattern"),
        ("exporter: payment-service\n", 1, "exporter", "could not be told apart"),
        ("service: kube-state-metrics\n", 1, "service", "choose another name"),
        ("exporter: cadvisor\n", 1, "exporter", "choose another name"),
        ("labels:\n  severity: low\n", 2, "labels.severity", "choose another name"),
        ("service: a\nservice: b\n", 2, "service", "is set twice"),
        ("contact_points:\n  pager:\n    type: pigeon\n", 2, "contact_points.pager", "'slack'"),
        (
            "routing:\n  priorities: {P0: [nobody], P1: [pager], P2: [pager], P3: [pager]}\n",
            2,
            "routing.priorities.P0",
            "names the contact point 'nobody'",
        ),
        (
            "routing:\n  escalation:\n    data-issue:\n      L3: [nobody]\n",
            4,
            "routing.escalation.data-issue.L3",
            "names the contact point 'nobody'; there are architecture-team",
        ),
        (
            "routing:\n  escalation: {data-issue: {L4: [pager]}}\n",
            2,
            "routing.escalation.data-issue.L4",
            "'L2' or 'L3'",
        ),
        (
            "routing:\n  dead_mans_switch: heartbeat\n",
            2,
            "routing.dead_mans_switch",
            "names the contact point 'heartbeat'",
        ),
        ("labels:\n  level: low\n", 2, "labels.level", "choose another name"),
        ("routing:\n  priorities: {P0: [pager]}\n", 2, "routing.priorities", "P1, P2, P3"),
        ("environments: {}\n", 1, "environments", "at least 1"),
        ("service: fluentd\n", 1, "service", "the name of a job of the bundle's own"),
        ("service: [a\n", 2, "", "is not valid YAML"),
        ("- a\n", 1, "", "must be a mapping"),
        ("labels: &a {}\nthresholds: *a\n", 1, "", "anchor or alias"),
        ("labels: " + "[" * 100_000, 1, "", "nested more than"),
        ("service: !!python/object/apply:os.system ['true']\n", 1, "service", "valid string"),
        ("service: 2020-99-99\n", 1, "service", "no readable value"),
        (b"\xff\xfe\x00", 1, "", "is not valid YAML"),
    ],
)
def test_one_clear_error_with_file_line_and_key(
    tmp_path: Path, text: str | bytes, line: int, key: str, says: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    error = caught.value
    assert (error.file, error.line, error.key) == (file, line, key)
    assert says in error.reason
    assert str(error).startswith(f"{file}:{line}: ")
    assert "\n" not in str(error)


def test_ten_megabytes_of_aliases_are_refused_unread(tmp_path: Path) -> None:
    bomb = b"a: &a [x, x]\n" + b"b: [*a, *a, *a, *a]\n" * 500_000
    assert len(bomb) > 10_000_000
    with pytest.raises(SettingsError, match=f"larger than {MAX_BYTES // 1024} KiB"):
        load_settings(write(tmp_path, bomb))


@pytest.mark.parametrize("window", ["7d", "28d", "90d"])
def test_the_shortest_and_the_longest_window_of_objectives_are_allowed(tmp_path: Path, window: str) -> None:
    settings = load_settings(write(tmp_path, f"objectives:\n  window: {window}\n"))
    assert settings.objectives.window == timedelta(days=int(window.removesuffix("d")))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_settings(tmp_path / "nowhere.yaml")


def test_editors_accept_the_shipped_file_and_refuse_a_typo() -> None:
    validator = jsonschema.Draft202012Validator(settings_schema())
    shipped = yaml.safe_load(BUNDLE.read_text())
    validator.validate(shipped)
    for wrong in (
        {"servce": "x"},
        {"thresholds": {"error_ratio": {"warning": 7}}},
        {"thresholds": {"eror_ratio": {}}},
        {"scraping": {"interval": "soon"}},
    ):
        assert not validator.is_valid(shipped | wrong)


def test_editors_show_a_description_for_every_setting() -> None:
    schema = settings_schema()

    def described(node: object, path: str) -> list[str]:
        if not isinstance(node, dict):
            return []
        missing = [
            f"{path}.{name}"
            for name, value in node.get("properties", {}).items()
            if "description" not in value and "const" not in value and "$ref" not in value
        ]
        if "properties" in node and "description" not in node and path:
            missing.append(path)
        return missing + [item for key, value in node.items() for item in described(value, f"{path}.{key}")]

    assert described(schema, "") == []
