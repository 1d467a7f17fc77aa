"""What somebody is told whose extension cannot be used: which line names it, what is wrong, and what there is."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from typing import TYPE_CHECKING

import pytest
from command_line import payobs
from extension_home import extension_home

from payment_alerts.mutation.equivalents import Equivalent
from payment_bundle.extending import finding
from payment_bundle.extending.loading import load_catalog
from payment_bundle.extending.origin import ExtensionError
from payment_bundle.extension import GROUP
from payment_catalog.loading import SettingsError
from payment_catalog.metric import Metric

if TYPE_CHECKING:
    from pathlib import Path


def settings(directory: Path, *names: str) -> Path:
    file = directory / "bundle.yaml"
    file.write_text("namespace: shop\nextensions:\n" + "".join(f'  - "{name}"\n' for name in names))
    return file


def module(directory: Path, name: str, text: str) -> Path:
    file = directory / f"{name}.py"
    file.write_text(text)
    return file


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two installed packages offer an extension each, of which one is none."""
    points = EntryPoints(
        (
            EntryPoint("ledger", f"{__name__}_offered:extension", GROUP),
            EntryPoint("fraud", f"{Metric.__module__}:Metric", GROUP),
        )
    )
    monkeypatch.setattr(finding, "entry_points", lambda group: points.select(group=group))


def refused(file: Path) -> str:
    with pytest.raises(ExtensionError) as caught:
        load_catalog(file)
    return str(caught.value)


@pytest.mark.usefixtures("offered")
def test_a_name_that_no_package_offers(tmp_path: Path) -> None:
    file = settings(tmp_path, "ledgr")
    assert refused(file) == (
        f"{file}:3: extensions.0: no installed package offers an extension 'ledgr', did you mean 'ledger'?; in the "
        f"group {GROUP} there are fraud, ledger. One in a module is named module:attribute"
    )


@pytest.mark.usefixtures("offered")
def test_what_a_package_offers_must_be_an_extension(tmp_path: Path) -> None:
    assert "'Metric' of module 'payment_catalog.metric'" in refused(settings(tmp_path, "fraud"))


def test_no_package_offers_anything(tmp_path: Path) -> None:
    assert f"in the group {GROUP} there is none" in refused(settings(tmp_path, "ledger"))


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    file = settings(tmp_path, "no_such_module:extension")
    assert refused(file) == (
        f"{file}:3: extensions.0: there is no module 'no_such_module', neither in {tmp_path} nor on Python's path"
    )


def test_an_attribute_that_is_not_there(tmp_path: Path) -> None:
    file = extension_home(tmp_path)
    file.write_text(file.read_text().replace(":extension", ":extensoin"))
    assert "has no 'extensoin'; an Extension is wanted, and it has extension" in refused(file)


def test_an_attribute_of_another_type(tmp_path: Path) -> None:
    file = extension_home(tmp_path)
    file.write_text(file.read_text().replace(":extension", ":LIMIT"))
    said = refused(file)
    assert "is of type int; it must be an Extension of payment_bundle.extension, and it has extension" in said


def test_a_module_that_python_knows_by_another_file(tmp_path: Path) -> None:
    module(tmp_path, "colorsys", "")
    said = refused(settings(tmp_path, "colorsys:extension"))
    assert "Python knows another module 'colorsys'" in said
    assert "rename that" in said


def test_an_extension_that_is_named_twice(tmp_path: Path) -> None:
    name = extension_home(tmp_path).read_text().split('"')[1]
    with pytest.raises(SettingsError, match=r"bundle.yaml:4: extensions.1: names 'ledger_.*' again"):
        load_catalog(settings(tmp_path, name, name))


@pytest.mark.parametrize("name", ["", "a b", "a:b:c", "../x", "-x", "a:1"])
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"bundle.yaml:3: extensions.0: "):
        load_catalog(settings(tmp_path, name))


FAILING = {
    "no Python": ("def f(:\n", 1, "SyntaxError: "),
    "an exception": ("x = 1\n\nraise RuntimeError('the ledger is closed')\n", 3, "RuntimeError: the ledger is closed"),
    "its end": ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3"),
    "another module that is not there": ("import no_such_module\n", 1, "ModuleNotFoundError: No module named"),
    "an unsound metric": (
        "from payment_catalog.metric import Metric, MetricType\nMetric('x', MetricType.COUNTER, 'X.', 'x')\n",
        2,
        "ValueError: x: counters, and only counters, end in _total",
    ),
    "no key of an incident": (
        "from payment_catalog.incident import OwnIncidentKey\nOwnIncidentKey('Ledger behind')\n",
        2,
        "ValueError: 'Ledger behind' is no key of an incident: lower-case words",
    ),
    "no uid of a dashboard": (
        "from payment_catalog.dashboards import OwnDashboard\nOwnDashboard('Ledger', 'Ledger')\n",
        2,
        "ValueError: 'Ledger' is no uid: at most 40 lower-case letters",
    ),
    "a list of metrics": (
        "from payment_bundle.extension import Extension\nExtension(metrics=[])\n",
        2,
        "TypeError: metrics is [] (list); it must be a tuple, each item of which is Metric",
    ),
    "a metric that is a name": (
        "from payment_bundle.extension import Extension\nExtension(metrics=('x_total',))\n",
        2,
        "TypeError: metrics[0] is 'x_total' (str); it must be Metric",
    ),
    "alerts that are no function": (
        "from payment_bundle.extension import Extension\nExtension(alerts=(1,))\n",
        2,
        "TypeError: alerts[0] is 1 (int); it must be a function",
    ),
}


@pytest.mark.parametrize(("text", "line", "says"), FAILING.values(), ids=FAILING)
def test_a_module_that_fails(tmp_path: Path, text: str, line: int, says: str) -> None:
    name = f"failing_{list(FAILING.values()).index((text, line, says))}"
    written = module(tmp_path, name, text)
    said = refused(settings(tmp_path, f"{name}:extension"))
    assert f"extensions.0: '{name}:extension' fails when it is imported, at {written}:{line}: {says}" in said


MISTYPED = {
    "an exception": ("    target = service_target(settings)", "    raise KeyError('ledger')", "KeyError: 'ledger'"),
    "text for an enumeration": (
        "Severity.WARNING",
        '"warning"',
        "alerts[0].severity is 'warning' (str); it must be Severity.CRITICAL|WARNING|INFO",
    ),
    "seconds for a time": ("pending=LASTS", "pending=600", "alerts[0].pending is 600 (int); it must be timedelta"),
    "a list for a tuple": (
        "(postings_pile_up(catalog.settings),)",
        "[postings_pile_up(catalog.settings)]",
        "it must be a tuple, each item of which is Alert",
    ),
    "text for an incident": ("incident=LEDGER_BEHIND", 'incident="ledger"', "it must be IncidentKey."),
    "text for labels": (
        "firing = (target.job_labels,)",
        'firing = ("job",)',
        "firing[0] is 'job' (str); it must be Mapping",
    ),
    "another incident": ("    logs = ", "    return 1\n    logs = ", "it is 1 (int); it must be Incident"),
    "no rows": ("return RowsOn(", "return (", "it must be Board or RowsOn"),
}


@pytest.mark.parametrize(("right", "wrong", "says"), MISTYPED.values(), ids=MISTYPED)
def test_a_function_that_fails_or_makes_something_else(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    file = extension_home(tmp_path, (right, wrong))
    result = payobs("check", "--config", str(file), "--out", str(tmp_path / "generated"))
    assert result.code == 2
    assert result.err.startswith(f"payobs: {file}:1: extensions.0: 'ledger_")
    assert says in result.err
    assert "Traceback" not in result.err


def test_an_exception_is_told_with_its_innermost_line(tmp_path: Path) -> None:
    file = extension_home(tmp_path, ('kit.runbooks("LedgerPostingsPileUp")', 'kit.runbooks("LedgerPostings")'))
    (source,) = tmp_path.glob("ledger_[0-9]*.py")
    line = 1 + next(i for i, text in enumerate(source.read_text().splitlines()) if "kit.runbooks" in text)
    result = payobs("check", "--config", str(file), "--out", str(tmp_path / "generated"))
    assert f"fails in ledger_row(), at {source}:{line}: KeyError: 'LedgerPostings'" in result.err


def test_a_change_that_an_extension_declares_to_mean_the_same_is_no_survivor(tmp_path: Path) -> None:
    same = """
from payment_alerts.mutation.equivalents import Equivalent
from payment_alerts.mutation.mutant import Kind

SAME = Equivalent("Ledger.*", Kind.COMPARATOR, ".*", "For a test.")
extension = Extension("""
    file = extension_home(tmp_path, ("\nextension = Extension(", same), ("panels=(", "equivalents=(SAME,), panels=("))
    (equivalent,) = load_catalog(file).parts(Equivalent)
    assert equivalent.reason == "For a test."
