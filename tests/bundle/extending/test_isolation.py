"""Extensions change no byte of what they have nothing to do with."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from extension_home import extension_home

from payment_bundle.extending.loading import load_catalog
from payment_bundle.generation import generate_documents
from payment_bundle.rendering import render_all
from payment_catalog.addition import Addition
from payment_catalog.catalog import build_catalog
from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.documents import Documents

#: Files of the extension alone.
THEIRS = {
    "prometheus/rules/ledger.yaml",
    "prometheus/tests/ledger.yaml",
    "runbooks/LedgerPostingsPileUp.md",
    "kubernetes/base/prometheusrule-ledger.yaml",
}
#: Files that are about every alert, every incident, every expected metric, or every dashboard.
ABOUT_ALL = {
    "prometheus/rules/escalation.yaml",
    "prometheus/tests/escalation.yaml",
    "prometheus/rules/metrics-missing.yaml",
    "prometheus/tests/metrics-missing.every-4m.yaml",
    "runbooks/MetricsMissing.md",
    "runbooks/README.md",
    "alertmanager/templates/facts.tmpl",
    "kubernetes/base/grafana-dashboards.yaml",
    "kubernetes/base/kustomization.yaml",
    "kubernetes/base/prometheusrule-escalation.yaml",
    "kubernetes/base/prometheusrule-metrics-missing.yaml",
    "kubernetes/helm/kube-prometheus-stack.values.yaml",
}
#: The dashboard that the row is on.
SHOWN = "grafana/dashboards/payment-business.json"


@cache
def documents() -> Documents:
    return generate_documents(build_catalog(Settings()))


@cache
def without() -> Mapping[str, bytes]:
    return render_all(documents())


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    return render_all(generate_documents(load_catalog(extension_home(tmp_path_factory.mktemp("home")))))


def changed(rendered: Mapping[str, bytes]) -> set[str]:
    before = without()
    return {path for path in before.keys() | rendered.keys() if before.get(path) != rendered.get(path)}


def test_only_what_tells_of_the_extension_is_changed(extended: Mapping[str, bytes]) -> None:
    assert changed(extended) == THEIRS | ABOUT_ALL | {SHOWN}
    assert extended.keys() - without().keys() == THEIRS


def test_the_dashboard_has_the_row_below_all_that_it_had(extended: Mapping[str, bytes]) -> None:
    before, after = (json.loads(rendered[SHOWN]) for rendered in (without(), extended))
    assert after["panels"][: len(before["panels"])] == before["panels"]
    assert [panel["title"] for panel in after["panels"][len(before["panels"]) :]] == [
        "Does the ledger keep up?",
        "Postings pending",
    ]


@pytest.mark.parametrize("path", sorted(ABOUT_ALL - {"kubernetes/base/grafana-dashboards.yaml"}))
def test_what_is_about_all_has_only_more(extended: Mapping[str, bytes], path: str) -> None:
    """Lists of names and alternatives stand on one line: each item is still there."""
    text = extended[path].decode()
    items = {
        item for line in without()[path].decode().splitlines() for item in re.split(r" or |\||\?g0.expr=[^&]*&", line)
    }
    assert {item for item in items if item not in text} == set()


def test_metrics_that_no_rule_reads_change_nothing() -> None:
    kinds = Label("kind", ("a", "b"))
    metrics = (
        Metric("shop_carts", MetricType.GAUGE, "Carts.", SERVICE, (kinds,)),
        Metric("shop_orders_total", MetricType.COUNTER, "Orders.", EXPORTER),
        Metric("shop_wait_seconds", MetricType.HISTOGRAM, "Waiting.", "shop", (kinds,), (0.1, 1)),
    )
    catalog = build_catalog(Settings(), [Addition("shop", metrics=metrics)])
    assert generate_documents(catalog) == documents()
