"""``payobs generate --fleet`` and ``payobs check --fleet`` as a person types them."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from command_line import payobs
from fleets import BASE, files_of, fleet

from payment_alerts.tool import find_tool
from payment_bundle.fleet import generation
from payment_bundle.fleet.settings import Reader
from payment_bundle.fleet.sources import sources

if TYPE_CHECKING:
    from pathlib import Path

SHOPS = ("shop-a", "shop-b", "shop-c", "shop-d")
MONITORING = "fleet/prometheus.shop.example-9090"


class House:
    """A fleet and its generated files, in a directory of their own."""

    def __init__(self, home: Path) -> None:
        self.home, self.files, self.out = home, home / "services", home / "generated"

    def generate(self, *flags: str) -> Any:
        return payobs("generate", "--fleet", str(self.files), "--out", str(self.out), "--jobs", "1", *flags)

    def check(self) -> Any:
        return payobs("check", "--quick", "--fleet", str(self.files), "--out", str(self.out), "--jobs", "1")


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A fleet, generated once; nobody changes it."""
    house = House(tmp_path_factory.mktemp("fleet"))
    fleet(house.files, *SHOPS)
    result = house.generate()
    assert (result.code, result.err) == (0, "")
    assert "5 written, 0 unchanged, 0 removed, 0 broken" in result.out
    assert "without a template" not in result.out
    return house


@pytest.fixture
def house(first: House, tmp_path: Path) -> House:
    """The same, to be changed; times of files are kept, so that what nobody changes is not generated again."""
    shutil.copytree(first.home, tmp_path / "copy")
    return House(tmp_path / "copy")


def test_each_service_is_what_generate_makes_of_its_settings(first: House, tmp_path: Path) -> None:
    source = next(found for found in sources(first.files) if found.path == "shop-c")
    (tmp_path / "bundle.yaml").write_text(yaml.safe_dump(Reader().located(source).data))
    result = payobs("generate", "--config", str(tmp_path / "bundle.yaml"), "--out", str(tmp_path / "out"))
    assert result.code == 0
    assert files_of(tmp_path / "out") == files_of(first.out / "shop-c")


def test_a_second_run_does_nothing(first: House) -> None:
    before = {file: file.stat().st_mtime_ns for file in first.out.rglob("*.yaml")}
    result = first.generate()
    assert result.out == f"{first.out}: 0 written, 5 unchanged, 0 removed, 0 broken\n"
    assert {file: file.stat().st_mtime_ns for file in first.out.rglob("*.yaml")} == before


def test_each_service_has_dashboards_and_rules_of_its_own(first: House) -> None:
    uids = {json.loads(file.read_bytes())["uid"]: file for file in first.out.glob("*/grafana/dashboards/*.json")}
    assert len(uids) == 10 * len(SHOPS)
    rules = yaml.safe_load((first.out / "shop-a/prometheus/rules/security.yaml").read_text())["groups"][0]["rules"]
    assert rules[0]["expr"] == 'rate(failed_auth_total{namespace="shop-a"}[5m]) > 10'
    url = rules[0]["annotations"]["dashboard_url"]
    assert url == "https://grafana.shop.example/d/shop-a-security"
    assert url.rpartition("/")[2] in uids


def test_the_monitoring_is_watched_once(first: House) -> None:
    def alerts(file: Path) -> set[str]:
        groups = yaml.safe_load(file.read_text())["groups"]
        return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}

    once = alerts(first.out / MONITORING / "prometheus/rules/monitoring.yaml")
    assert {"Watchdog", "PrometheusDown", "AlertmanagerDown", "RuleEvaluationFails"} <= once
    assert "MetricsMissing" not in once
    assert alerts(first.out / "shop-a/prometheus/rules/metrics-missing.yaml") == {"MetricsMissing"}
    assert "ServiceOutageEscalatedToL2" in alerts(first.out / MONITORING / "prometheus/rules/escalation.yaml")
    assert not (first.out / "shop-a/prometheus/rules/monitoring.yaml").exists()
    assert not (first.out / "shop-a/prometheus/rules/escalation.yaml").exists()


def test_one_alertmanager_in_kubernetes_takes_the_routes_of_all(first: House) -> None:
    kubernetes = first.out / MONITORING / "kubernetes"
    listed = yaml.safe_load((kubernetes / "base/kustomization.yaml").read_text())["resources"]
    assert sorted([*listed, "kustomization.yaml"]) == sorted(file.name for file in (kubernetes / "base").iterdir())
    values = yaml.safe_load((kubernetes / "helm/kube-prometheus-stack.values.yaml").read_text())
    spec = values["alertmanager"]["alertmanagerSpec"]
    found = {
        metadata["name"]: metadata["namespace"]
        for file in first.out.rglob("kubernetes/base/alertmanagerconfig.yaml")
        for metadata in [yaml.safe_load(file.read_text())["metadata"]]
    }
    assert found.keys() == {*SHOPS, "payment-fleet"}
    for selector, expected in (
        ("alertmanagerConfigSelector", found.keys()),
        ("alertmanagerConfigNamespaceSelector", found.values()),
    ):
        (selected,) = spec[selector]["matchExpressions"]
        assert selected["values"] == sorted(expected)


def test_the_rules_of_a_service_and_of_the_fleet_pass_their_tests(first: House) -> None:
    promtool = find_tool("promtool")
    tested = [
        first.out / "shop-a/prometheus/tests/security.yaml",
        first.out / "shop-a/prometheus/tests/business.yaml",
        first.out / MONITORING / "prometheus/tests/monitoring.yaml",
    ]
    result = subprocess.run(
        [promtool, "test", "rules", *map(str, tested)], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_one_prometheus_scrapes_and_evaluates_all(first: House) -> None:
    file = first.out / MONITORING / "prometheus/prometheus.yml"
    content = yaml.safe_load(file.read_text())
    jobs = [job["job_name"] for job in content["scrape_configs"]]
    assert jobs[:2] == ["prometheus", "alertmanager"]
    assert sorted(jobs[2:]) == sorted(f"{shop}{end}" for shop in SHOPS for end in ("", "-exporter"))
    result = subprocess.run(
        [find_tool("promtool"), "check", "config", "--syntax-only", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    for pattern in content["rule_files"]:
        assert list(file.parent.glob(pattern)), pattern


def test_a_broken_file_names_itself_and_stops_nobody(house: House) -> None:
    before = files_of(house.out / "shop-a")
    (house.files / "shop-a.yaml").write_text("service: shop-a\nthresholds:\n  error_ratio: {warning: 2}\n")
    (house.files / "shop-e.yaml").write_text("service: shop-e\n")
    result = house.generate("--only", "shop-a,shop-e")
    assert result.code == 1
    assert f"{house.files / 'shop-a.yaml'}:3: thresholds.error_ratio.warning: 2 is out of range" in result.err
    assert "shop-e: " in result.out
    assert (house.out / "shop-e/manifest.json").is_file()
    assert files_of(house.out / "shop-a") == before


def test_a_broken_base_is_named_where_it_is_wrong(house: House) -> None:
    (house.files / "base.yaml").write_text(BASE + "smtp:\n  smarthost: nowhere\n")
    result = house.generate("--dry-run")
    assert result.code == 1
    assert result.err.count(f"{house.files / 'base.yaml'}:7: smtp.smarthost: ") == len(SHOPS)


def test_a_service_that_is_gone_loses_its_files_but_not_what_people_wrote(house: House) -> None:
    (house.files / "shop-b.yaml").unlink()
    (house.files / "shop-c.yaml").unlink()
    edited = house.out / "shop-b/runbooks/ErrorRateHigh.md"
    edited.write_text("ours now")
    (house.out / "shop-b/notes.txt").write_text("mine")
    before = files_of(house.out)
    assert "2 removed, 0 broken (dry run, nothing written)" in house.generate("--dry-run").out
    assert files_of(house.out) == before
    result = house.generate()
    assert result.code == 0
    assert set(files_of(house.out / "shop-b")) == {"runbooks/ErrorRateHigh.md", "notes.txt"}
    assert not (house.out / "shop-c").exists()
    assert "shop-b/runbooks/ErrorRateHigh.md: no longer generated, but edited by hand; kept" in result.out
    members = json.loads((house.out / "fleet.json").read_bytes())["services"]
    assert [member["path"] for member in members] == [MONITORING, "shop-a", "shop-d"]


def test_services_get_the_parts_that_are_asked_for(house: House) -> None:
    parts = ("--parts", "prometheus,fluentd", "--only", "shop-b")
    whole = files_of(house.out / "shop-b")
    result = house.generate(*parts)
    assert (result.code, result.err) == (0, "")
    wanted = {path: content for path, content in whole.items() if path.startswith(("prometheus/", "fluentd/"))}
    found = files_of(house.out / "shop-b")
    assert found.pop("manifest.json") != whole["manifest.json"]
    assert found == wanted
    assert ": 0 written, 2 unchanged," in house.generate(*parts).out
    assert payobs("generate", "--fleet", str(house.files), "--parts", "rules").code == 2


def test_machines_get_one_document(house: House) -> None:
    (house.files / "shop-b.yaml").write_text("service: shop-b\nthresholds: {error_ratio: {warning: 2}}\n")
    result = house.generate("--output", "json", "--dry-run")
    content = json.loads(result.out)
    assert (result.code, content["ok"], content["dry_run"]) == (1, False, True)
    assert ["shop-b.yaml:2: thresholds.error_ratio" in problem for problem in content["broken"]] == [True]


def test_files_that_somebody_changed_are_made_anew(house: House) -> None:
    file = house.out / "shop-d/prometheus/rules/api.yaml"
    right = file.read_bytes()
    file.write_bytes(right.replace(b"severity", b"gravity", 1))
    checked = house.check()
    assert checked.code == 1
    assert f"{file}:" in checked.out
    assert checked.out.count("FAIL") == 1
    assert "shop-d: 0 added, 1 changed, 0 removed" in house.generate("--only", "shop-d").out
    assert file.read_bytes() == right


def test_an_unknown_name_is_a_clear_error(first: House) -> None:
    result = first.generate("--only", "shop-x")
    assert result.code == 2
    assert "--only: 'shop-x' is no service and no path of the fleet, did you mean 'shop-" in result.err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("service: shop-a\n", "has the job 'shop-a' in https://prometheus.shop.example:9090, as"),
        ("service: other\nexporter: shop-b-exporter\n", "has the job 'shop-b-exporter' in"),
        ("service: other\nnamespace: shop-c\n", "has the namespace 'shop-c' in"),
        ("service: shop-a-slo\n", "has the uid 'shop-a-slo' in https://grafana.shop.example, as"),
        ("service: other\nshared: false\n", "one of them is not 'shared'"),
        ("service: other\nscraping: {interval: 30s}\n", "has another 'scraping' than"),
        ("service: payment-fleet\n", "which is the fleet's own"),
    ],
)
def test_names_cannot_collide(tmp_path: Path, content: str, reason: str) -> None:
    house = House(tmp_path)
    fleet(house.files, *SHOPS, zz=content)
    result = house.generate("--dry-run", "--only", "zz")
    assert result.code == 1
    assert str(house.files / "zz.yaml") in result.err
    assert reason in result.err


def test_directories_cannot_collide(tmp_path: Path) -> None:
    house = House(tmp_path)
    fleet(house.files)
    fleet(house.files / "shop", "a", base="")
    (house.files / "shop.yaml").write_text("service: shop\n")
    (house.files / "fleet.yaml").write_text("service: other\n")
    result = house.generate("--dry-run", "--only", "shop/a,fleet")
    assert result.code == 1
    assert f"shop/a.yaml: is generated into shop/a, within what {house.files / 'shop.yaml'} is" in result.err
    assert "fleet.yaml: 'fleet' is the directory of what belongs to no single service" in result.err


def test_an_interrupted_run_leaves_a_whole_state(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (house.files / "base.yaml").write_text(BASE.replace("0.02", "0.03"))
    written: list[str] = []
    write = generation.Writing.write

    def interrupted(writing: Any, path: str, bundle: Any) -> Any:
        if written:
            raise KeyboardInterrupt
        written.append(path)
        return write(writing, path, bundle)

    monkeypatch.setattr(generation.Writing, "write", interrupted)
    assert house.generate().code != 0
    monkeypatch.undo()
    assert written == ["shop-a"]
    limits = [b"> 0.03" in (house.out / shop / "prometheus/rules/api.yaml").read_bytes() for shop in SHOPS]
    assert limits == [True, False, False, False]
    assert not [file for file in house.out.iterdir() if file.suffix in {".staging", ".previous", ".new"}]


def test_no_directory_and_no_file_is_bad_usage(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert house.generate().code == 2
    house.files.mkdir()
    assert "holds no YAML file of a service" in house.generate().err
