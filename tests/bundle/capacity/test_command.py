"""``payobs capacity`` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import payobs

from payment_bundle.capacity.figure import Counted, Key
from payment_bundle.capacity.printing import shown

ROOT = Path(__file__).parents[3]
CONFIG = str(ROOT / "bundle.yaml")
PAGE = ROOT / "docs/scaling.md"
#: The command of which the page shows what it prints.
SHOWN = ("capacity", "--instances", "3")


def test_machines_get_every_figure_with_its_formula() -> None:
    result = payobs("capacity", "--config", CONFIG, "--services", "2, 20", "--output", "json")
    assert result.code == 0, result.err
    two, twenty = json.loads(result.out)["estimates"]
    assert (two["services"], twenty["services"], two["instances"]) == (2, 20, 1)
    assert list(two["figures"]) == [key.value for key in Key]
    assert set(two["figures"]["series"]) == {"usual", "most", "unit", "estimated", "formula", "source"}
    assert two["limits_reached"] == []


def test_a_limit_that_is_reached_is_named_with_what_helps() -> None:
    result = payobs("capacity", "--config", CONFIG, "--services", "2000", "--memory", "2")
    assert result.code == 0, result.err
    assert "**PrometheusMemory** at 2,000 services" in result.out
    assert "Helps: more memory" in result.out


def test_nothing_outgrown_is_said() -> None:
    assert "Nothing is outgrown." in payobs("capacity", "--config", CONFIG, "--services", "1").out


@pytest.mark.parametrize("services", ["0", "many", "1,-5", ",", "1.5", "10000000", "²"])
def test_a_number_of_services_that_is_none(services: str) -> None:
    result = payobs("capacity", "--config", CONFIG, "--services", services)
    assert result.code == 2
    assert "expected whole numbers from 1 to 1000000" in " ".join(result.err.replace("│", " ").split())


def test_a_retention_that_is_none() -> None:
    result = payobs("capacity", "--config", CONFIG, "--retention", "long")
    assert result.code == 2
    assert "--retention" in result.err


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (12_345, Counted.PIECES, "12,300"),
        (4_096, Counted.PIECES, "4,096"),
        (0.25, Counted.SECONDS, "250 ms"),
        (12.5, Counted.SECONDS, "12.5 s"),
        (1.5 * 2**30, Counted.BYTES, "1.5 GiB"),
        (2048, Counted.BYTES_PER_SECOND, "2 KiB/s"),
        (0, Counted.BYTES, "0 B"),
    ],
)
def test_numbers_are_shown_with_three_digits(number: float, unit: Counted, text: str) -> None:
    assert shown(number, unit) == text


def test_the_page_shows_what_the_command_prints() -> None:
    result = payobs(*SHOWN, "--config", CONFIG)
    assert result.code == 0, result.err
    page = PAGE.read_text(encoding="utf-8")
    assert f"payobs {' '.join(SHOWN)}\n" in page
    assert result.out in page


def test_series_and_rules_of_extensions_are_counted(tmp_path: Path) -> None:
    of_each_shop = 'MetricType.GAUGE, "Carts.", SERVICE, (Label("shop", bound="the shops that there are"),)'
    (tmp_path / "capacity_carts.py").write_text(
        "from payment_bundle.extension import Extension\n"
        "from payment_catalog.metric import Label, Metric, MetricType\n"
        "from payment_catalog.publishers import SERVICE\n"
        f'carts = Metric("shop_carts", {of_each_shop})\n'
        'jobs = Metric("batch_jobs", MetricType.GAUGE, "Jobs.", "batch")\n'
        "extension = Extension(metrics=(carts, jobs))\n"
    )
    (tmp_path / "bundle.yaml").write_text('extensions: ["capacity_carts:extension"]\n')
    (tmp_path / "without.yaml").write_text("")
    found = [
        payobs("capacity", "--config", str(tmp_path / name), "--services", "1").out
        for name in ("without.yaml", "bundle.yaml")
    ]
    without, extended = (int(out.partition("| Series of the services | ")[2].split()[0]) for out in found)
    assert extended == without + 10
    assert "`shop_carts`: the label `shop` is bound by the shops that there are; 10 values are assumed" in found[1]
    assert "`batch_jobs` is not counted among the scraped series: batch publishes it." in found[1]
