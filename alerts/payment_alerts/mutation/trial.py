"""Many mutants of one rule in one run of promtool.

Most of promtool's time goes into the storage of each test, not into the rules. So every mutant stands in the
rule file under a name of its own, with copies of the rules that read it; each unit test of the alerts asks for all of
the copies. Mutant 0 is the rule as declared: it must pass. Annotations are left out: Prometheus fills them in at each
evaluation of an alert that is pending or fires, and no test asks for them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_catalog.documents import YamlDocument
from payment_catalog.promql import parse
from payment_catalog.promql_text import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_alerts.alert import Alert
    from payment_alerts.mutation.family import Family
    from payment_alerts.mutation.mutant import Mutant
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

#: Stands between the name of a rule and the number of its mutant.
MARK = "_mutant"
DECLARED = 0


def trial(catalog: Catalog, family: Family, mutants: Mapping[int, Mutant]) -> Documents:
    """Return the rule file and the file of unit tests for numbered ``mutants`` and the rule as declared."""
    recordings, alerts = list(family.needed), []
    for number in (DECLARED, *mutants):
        mutant = mutants.get(number)
        names = {recording.record: f"{recording.record}{MARK}{number}" for recording in family.recordings}
        for recording in family.recordings:
            expr = _expr(recording.record, recording.expr, mutant, names)
            recordings.append(replace(recording, record=names[recording.record], expr=expr))
        for alert in family.alerts:
            expr = _expr(alert.name, alert.expr, mutant, names)
            alerts.append(replace(_timed(alert, mutant), name=f"{alert.name}{MARK}{number}", expr=expr))
    group = replace(family.group, recordings=tuple(recordings), alerts=(*family.silent, *alerts))
    tests = {path: _with_shared_storage(document) for path, document in rule_tests(catalog, [group]).items()}
    stripped = {path: _without_annotations(document) for path, document in rules(catalog, [group]).items()}
    return {**stripped, **tests}


def _timed(alert: Alert, mutant: Mutant | None) -> Alert:
    if mutant is None or mutant.rule != alert.name:
        return alert
    pending = alert.pending if mutant.pending is None else mutant.pending
    keep_firing = alert.keep_firing if mutant.keep_firing is None else mutant.keep_firing
    return replace(alert, pending=pending, keep_firing=keep_firing)


def _expr(rule: str, declared: str, mutant: Mutant | None, names: Mapping[str, str]) -> str:
    expr = mutant.expr if mutant is not None and mutant.rule == rule else declared
    return write(parse(expr), names)


def _without_annotations(document: object) -> YamlDocument:
    yaml, content = _mapping(document)
    groups = [
        {
            **group,
            "rules": [{key: value for key, value in rule.items() if key != "annotations"} for rule in group["rules"]],
        }
        for group in content["groups"]
    ]
    return replace(yaml, content={**content, "groups": groups})


def _with_shared_storage(document: object) -> YamlDocument:
    yaml, content = _mapping(document)
    merged: dict[str, dict[str, Any]] = {}
    for test in content["tests"]:
        story = {key: value for key, value in test.items() if key not in {"name", "promql_expr_test"}}
        first = merged.setdefault(json.dumps(story), {**test, "promql_expr_test": []})
        first["promql_expr_test"] += test["promql_expr_test"]
    return replace(yaml, content={**content, "tests": list(merged.values())})


def _mapping(document: object) -> tuple[YamlDocument, dict[str, Any]]:
    if not isinstance(document, YamlDocument) or not isinstance(document.content, dict):
        raise TypeError("rules and their unit tests are YAML mappings")
    return document, document.content
