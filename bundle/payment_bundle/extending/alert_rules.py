"""Rules for the alerts of an extension."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_alerts.sharing import NAMESPACE
from payment_bundle.extending.problem import Problem
from payment_bundle.extending.taken import Named
from payment_catalog.durations import format_duration
from payment_catalog.promql import PromQLError, analyse, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from payment_alerts.alert import Alert, AlertGroup
    from payment_bundle.extending.taken import Taken
    from payment_catalog.addition import Addition
    from payment_catalog.catalog import Catalog
    from payment_catalog.promql import Labels

_ALERT = re.compile(r"[A-Z][A-Za-z0-9]*")
_RECORD = re.compile(r"[a-z_]+(:[a-z][a-z0-9_]*){1,2}")
_GROUP = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: Prometheus shows the state of an alert for so long after an evaluation.
_STALE = timedelta(minutes=5)
#: So many samples make a rate that one lost scrape does not spoil.
_SCRAPES = 4


def alert_problems(
    addition: Addition, groups: Sequence[AlertGroup], catalog: Catalog, declared: Mapping[str, Labels], taken: Taken
) -> Iterator[Problem]:
    """Yield what is wrong with ``groups``, which ``addition`` adds; ``declared`` are all series with their labels."""
    for group in groups:
        yield from _group(addition, group, taken)
        for rule in group.recordings:
            if not _RECORD.fullmatch(rule.record):
                yield Problem(rule.record, "is no name of a recorded series, such as job:ledger_postings:rate5m")
            yield from _claimed(taken, Named.SERIES, addition, rule.record)
            yield from _expression(rule.record, rule.expr, catalog, declared)
        for alert in group.alerts:
            yield from _claimed(taken, Named.ALERT, addition, alert.name)
            yield from _alert(alert, catalog)
            yield from _expression(alert.name, alert.expr, catalog, declared)
            if catalog.settings.shared:
                yield from _of_nobody(alert, declared)
            yield from _scenarios(alert, declared)


def _group(addition: Addition, group: AlertGroup, taken: Taken) -> Iterator[Problem]:
    if not _GROUP.fullmatch(group.name):
        yield Problem(group.name, "is no name of a group: lower-case words with hyphens between them")
    if not _GROUP.fullmatch(group.file.removesuffix(".yaml")) or not group.file.endswith(".yaml"):
        yield Problem(group.name, f"has the file '{group.file}': lower-case words with hyphens, and .yaml at the end")
    if group.interval is not None and not timedelta(0) < group.interval < _STALE:
        interval = f"{group.interval.total_seconds():g} s"
        yield Problem(group.name, f"is evaluated every {interval}: an alert would come and go; stay below 5m")
    yield from _claimed(taken, Named.GROUP, addition, group.name)
    yield from (Problem(group.name, problem.message) for problem in _claimed(taken, Named.FILE, addition, group.file))


def _claimed(taken: Taken, kind: Named, addition: Addition, name: str) -> Iterator[Problem]:
    if wrong := taken.claim(kind, addition.owner, name):
        yield Problem(name, wrong)


def _alert(alert: Alert, catalog: Catalog) -> Iterator[Problem]:
    if not _ALERT.fullmatch(alert.name):
        yield Problem(alert.name, "is no name of an alert: capitalised words without anything between them")
    if alert.incident not in catalog.incidents:
        close = difflib.get_close_matches(alert.incident, catalog.incidents, n=1)
        suggestion = f", did you mean '{close[0]}'?" if close else ""
        yield Problem(
            alert.name, f"is of the incident '{alert.incident}', which no function of incidents makes{suggestion}"
        )
    for part in ("summary", "description", "meaning", "impact"):
        if not getattr(alert, part).strip():
            yield Problem(alert.name, f"has no {part}: its message or its runbook page would say nothing there")


def _expression(name: str, expr: str, catalog: Catalog, declared: Mapping[str, Labels]) -> Iterator[Problem]:
    try:
        problems = analyse(expr, declared).problems
    except PromQLError as error:
        yield Problem(name, f"{error} in: {expr}")
        return
    for problem in problems:
        yield Problem(name, f"{problem} in: {expr}")
    ranges: list[timedelta] = []
    ast.walk(parse(expr), lambda node: ranges.extend((node.range,) if isinstance(node, ast.MatrixSelector) else ()))
    interval = catalog.settings.scraping.interval
    for window in ranges:
        if window < _SCRAPES * interval:
            yield Problem(
                name,
                f"looks back over {format_duration(window)}, in which there are fewer than {_SCRAPES} scrapes: "
                f"one comes every {format_duration(interval)}",
            )


def _of_nobody(alert: Alert, declared: Mapping[str, Labels]) -> Iterator[Problem]:
    """An Alertmanager of several services knows by the namespace whose alert it is."""
    try:
        kept = analyse(alert.expr, declared).labels
    except PromQLError:
        return  # told already
    if NAMESPACE not in kept:
        yield Problem(
            alert.name,
            f"loses the label '{NAMESPACE}', by which alerts of services that share an Alertmanager are told apart; "
            f"keep it: by (environment, {NAMESPACE}, ...)",
        )


def _scenarios(alert: Alert, declared: Mapping[str, Labels]) -> Iterator[Problem]:
    firing = [scenario for scenario in alert.scenarios if scenario.firing]
    silent = [scenario for scenario in alert.scenarios if not scenario.firing]
    if not firing:
        yield Problem(alert.name, "has no scenario in which it fires: nothing shows that it can")
    if len(silent) < 2 and not alert.always:
        yield Problem(
            alert.name,
            f"has {len(silent)} scenario(s) in which it is silent, at least 2 are wanted: one within the limit, one "
            "that does not last",
        )
    titles = [scenario.title for scenario in alert.scenarios]
    for title in sorted({title for title in titles if titles.count(title) > 1}):
        yield Problem(alert.name, f"has two scenarios called '{title}'")
    fed = dict.fromkeys(series.series for scenario in alert.scenarios for series in scenario.series)
    for series in fed:
        try:
            problems = analyse(series, declared).problems
        except PromQLError as error:
            problems = (str(error),)
        if problems:
            yield Problem(alert.name, f"a scenario feeds what nobody publishes: {problems[0]} in: {series}")
            return
