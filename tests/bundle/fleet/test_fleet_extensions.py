"""A fleet in which one service lists an extension and another does not."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml
from command_line import Result, payobs
from extension_home import extension_home
from fleets import BASE, files_of

from payment_bundle.extending.loading import extended_catalog
from payment_bundle.fleet.added_values import added_values
from payment_bundle.fleet.memory import recall
from payment_bundle.fleet.roster import roster
from payment_bundle.fleet.settings import Reader
from payment_bundle.fleet.template import Bundle, NotATemplate, template_of
from payment_bundle.manifest import Entry
from payment_bundle.parts import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payment_bundle.fleet.roster import Roster

ALERT, METRIC = "LedgerPostingsPileUp", "ledger_postings_pending"
MONITORING = "fleet/prometheus.shop.example-9090"


@dataclass(frozen=True)
class House:
    """A fleet whose base lists an extension, which ``kiosk`` does without."""

    home: Path

    @property
    def files(self) -> Path:
        return self.home / "services"

    @property
    def out(self) -> Path:
        return self.home / "generated"

    @property
    def module(self) -> Path:
        (found,) = self.files.glob("ledger_[0-9]*.py")
        return found

    def generate(self, *flags: str) -> Result:
        return payobs("generate", "--fleet", str(self.files), "--out", str(self.out), *flags)

    def roster(self) -> Roster:
        return roster(self.files, recall(self.out), (), frozenset(PARTS))

    def stale(self) -> set[str]:
        """Return the services that another run would generate, of those that were."""
        known = recall(self.out).services
        return {entry.path for entry in self.roster().entries if entry.inputs != known[entry.path].inputs}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The fleet as worker processes generated it; who changes its files puts them back."""
    house = House(tmp_path_factory.mktemp("fleet"))
    house.files.mkdir()
    extension_home(house.files, settings=BASE).rename(house.files / "base.yaml")
    (house.files / "till.yaml").write_text("service: till\n")
    (house.files / "kiosk.yaml").write_text("service: kiosk\nextensions: []\n")
    result = house.generate("--jobs", "2")
    assert (result.code, result.err) == (0, "")
    assert "3 written, 0 unchanged, 0 removed, 0 broken" in result.out
    return house


@pytest.fixture
def changed(house: House) -> Iterator[House]:
    """The same, whose extension may be changed; as if by the next command, it is imported anew."""
    before = house.module.read_text()
    sys.modules.pop(house.module.stem, None)
    yield house
    house.module.write_text(before)
    sys.modules.pop(house.module.stem, None)


def test_who_lists_the_extension_has_what_it_adds(house: House) -> None:
    till, kiosk = files_of(house.out / "till"), files_of(house.out / "kiosk")
    (alert,) = yaml.safe_load(till["prometheus/rules/ledger.yaml"])["groups"][0]["rules"]
    assert alert["alert"] == ALERT
    assert 'job="till"' in alert["expr"]
    assert METRIC.encode() in till["grafana/dashboards/till-business.json"]
    assert set(till) - {path.replace("kiosk", "till") for path in kiosk} == {
        "prometheus/rules/ledger.yaml",
        "prometheus/tests/ledger.yaml",
        f"runbooks/{ALERT}.md",
        "kubernetes/base/prometheusrule-ledger.yaml",
    }
    assert not [path for path, content in kiosk.items() if METRIC.encode() in content]


def test_the_fleet_escalates_its_alerts_and_tells_of_its_incidents(house: House) -> None:
    once = files_of(house.out / MONITORING)
    assert ALERT.encode() in once["prometheus/rules/escalation.yaml"]
    assert b"ledger-behind" in once["alertmanager/templates/facts.tmpl"]


def test_a_changed_extension_is_generated_anew_for_whoever_lists_it(changed: House) -> None:
    assert changed.stale() == set()
    changed.module.write_text(changed.module.read_text().replace("LIMIT = 100", "LIMIT = 200"))
    assert changed.stale() == {"till"}


def test_an_extension_that_fails_stops_only_who_lists_it(changed: House) -> None:
    before = files_of(changed.out)
    text = changed.module.read_text()
    changed.module.write_text(f"{text}\nraise RuntimeError('the ledger is closed')\n")
    line = text.count("\n") + 2
    result = changed.generate("--jobs", "1")
    assert result.code == 1
    named_at = f"{changed.files / 'base.yaml'}:{BASE.count(chr(10)) + 1}: extensions.0"
    assert f"till: {named_at}" in result.err
    assert f"fails when it is imported, at {changed.module}:{line}: RuntimeError: the ledger is closed" in result.err
    assert "0 written, 1 unchanged, 0 removed, 1 broken" in result.out
    assert files_of(changed.out) == before


def test_an_unsound_extension_is_told_with_its_line(changed: House) -> None:
    text = changed.module.read_text()
    changed.module.write_text(text.replace("max by ({JOB})", "max"))
    result = changed.generate("--jobs", "1")
    assert result.code == 1
    assert f"till: {changed.module}:" in result.err
    assert f"{ALERT}: loses the label 'namespace', by which alerts of services that share an Alertmanager" in result.err


def test_an_extension_that_is_not_there_breaks_only_who_lists_it(changed: House) -> None:
    changed.module.rename(changed.home / "away.py")
    try:
        found = changed.roster()
    finally:
        (changed.home / "away.py").rename(changed.files / f"{_name(changed)}.py")
    assert [entry.path for entry in found.entries] == ["kiosk"]
    assert "extensions.0: there is no module" in found.broken[0]


def _name(house: House) -> str:
    return str(yaml.safe_load((house.files / "base.yaml").read_text())["extensions"][0]).partition(":")[0]


def shown(house: House, service: str) -> bytes:
    (source,) = (found.source for found in house.roster().entries if found.path == "till")
    found = Reader().settings(source)
    named = found.settings.model_copy(update={"service": service, "namespace": service})
    return added_values(extended_catalog(named, found.origins))


@pytest.mark.parametrize(
    ("right", "wrong", "holds"),
    [
        ("LIMIT = 100", "LIMIT = 200", True),
        ('service_job(settings)}}}) > {LIMIT}"', 'service_job(settings)}}}) > {len(settings.service)}"', False),
    ],
    ids=["what prints a setting", "what computes from one"],
)
def test_a_template_is_for_extensions_that_print_settings(
    changed: House, right: str, wrong: str, *, holds: bool
) -> None:
    text = changed.module.read_text()
    assert right in text
    changed.module.write_text(text.replace(right, wrong))
    page = template_of(Bundle({"x": shown(changed, "zq0000-qz")}, {"x": Entry("", "")}), ["zq0000-qz"])
    assert (page.bundle(["kiosk"]).rendered["x"] == shown(changed, "kiosk")) is holds


def test_a_kind_of_its_own_may_do_anything_with_a_setting(changed: House) -> None:
    text = changed.module.read_text().replace("panel = OverTime(", "panel = Own(")
    changed.module.write_text(text.replace("\ndef ledger_row", "\nclass Own(OverTime):\n    pass\n\n\ndef ledger_row"))
    with pytest.raises(NotATemplate, match="a class of its own, Own"):
        shown(changed, "kiosk")
