"""What Grafana's dashboard-linter is told not to ask, and why."""

from __future__ import annotations

import pytest
from dashboards.good_dashboard import DECLARED, FILE, good_dashboard

from payment_catalog.documents import JsonDocument, TextDocument, YamlDocument
from payment_dashboards.linting import linter_configuration
from payment_dashboards.linting.exclusions import exclusions
from payment_dashboards.linting.model import Dashboard


def test_only_queries_whose_series_lack_the_label_are_excluded_each_with_its_reason() -> None:
    excluded = exclusions([Dashboard.of(FILE, good_dashboard())], DECLARED)["exclusions"]
    assert excluded == {
        "target-instance-rule": {
            "entries": [
                {
                    "dashboard": "Payment example",
                    "panel": "Traffic",
                    "targetidx": "0",
                    "reason": "not every series of job:requests:rate5m has the label instance",
                },
                {
                    "dashboard": "Payment example",
                    "panel": "Firing alerts",
                    "targetidx": "0",
                    "reason": "not every series of ALERTS has the label instance",
                },
            ]
        },
        "target-job-rule": {
            "entries": [
                {
                    "dashboard": "Payment example",
                    "panel": "Firing alerts",
                    "targetidx": "0",
                    "reason": "not every series of ALERTS has the label job",
                }
            ]
        },
    }


def test_a_dashboard_without_instances_is_excluded_from_both_rules_about_them() -> None:
    dashboard = good_dashboard()
    dashboard["templating"]["list"].pop()
    excluded = exclusions([Dashboard.of(FILE, dashboard)], DECLARED)["exclusions"]
    whole = [{"dashboard": "Payment example", "reason": "nothing on this dashboard is of one instance"}]
    assert excluded["template-instance-rule"]["entries"] == whole
    assert excluded["target-instance-rule"]["entries"] == whole


def test_what_could_be_narrowed_is_never_excluded() -> None:
    dashboard = good_dashboard()
    dashboard["panels"] = [dashboard["panels"][1]]
    dashboard["panels"][0]["targets"][0]["expr"] = "rate(requests_total[$__rate_interval])"
    assert exclusions([Dashboard.of(FILE, dashboard)], DECLARED) == {"exclusions": {}}


@pytest.mark.parametrize("other", ["grafana/dashboards/readme.txt", "grafana/provisioning/x.json"])
def test_the_file_lies_beside_the_dashboards_where_the_linter_looks_for_it(other: str) -> None:
    documents = {FILE: JsonDocument(good_dashboard(), "here"), other: TextDocument("", "here")}
    configuration = linter_configuration(documents, DECLARED)
    assert list(configuration) == ["grafana/dashboards/.lint"]
    document = configuration["grafana/dashboards/.lint"]
    assert isinstance(document, YamlDocument)
    assert document.content == exclusions([Dashboard.of(FILE, good_dashboard())], DECLARED)
