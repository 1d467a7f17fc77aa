"""What is wrong with what extensions add: the rules that the tests of the bundle hold its own parts to.

What can be seen in the generated files only, such as a unit test that fails, the other checks find.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from payment_alerts.added_alerts import AddedAlerts
from payment_alerts.groups import alert_groups, recordings, watching
from payment_bundle.extending.alert_rules import alert_problems
from payment_bundle.extending.metric_rules import incident_problems, metric_problems
from payment_bundle.extending.origin import declared_in
from payment_bundle.extending.panel_rules import panel_problems, unseen_alerts
from payment_bundle.extending.taken import taken_by_the_bundle
from payment_catalog.catalog import build_catalog
from payment_catalog.findings import Finding
from payment_dashboards.kit import Kit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from payment_bundle.extending.problem import Problem
    from payment_catalog.addition import Addition
    from payment_catalog.catalog import Catalog


def unsound(catalog: Catalog) -> tuple[Finding, ...]:
    """Return what is wrong, each with its place in the extension's source; panels are looked at once alerts are sound.

    Raises ExtensionError for a function of an extension that fails.
    """
    if not catalog.additions:
        return ()
    bundle = build_catalog(catalog.settings)
    own = alert_groups(bundle)
    taken = taken_by_the_bundle(bundle, own)
    added = {
        addition.name: tuple(part.group(catalog) for part in addition.parts if isinstance(part, AddedAlerts))
        for addition in catalog.additions
    }
    declared = catalog.declared(recordings((*own, *chain.from_iterable(added.values()))))
    found = tuple(
        finding
        for addition in catalog.additions
        for finding in _placed(
            addition,
            (
                *metric_problems(addition, catalog, taken),
                *incident_problems(addition, catalog),
                *alert_problems(addition, added[addition.name], catalog, declared, taken),
            ),
        )
    )
    if found:
        return found
    kit = Kit(catalog, watching(alert_groups(catalog)))
    shown = tuple(
        finding
        for addition in catalog.additions
        for finding in _placed(addition, panel_problems(addition, kit, declared, taken))
    )
    return shown or tuple(
        finding
        for addition in catalog.additions
        for finding in _placed(addition, unseen_alerts(added[addition.name], kit))
    )


def placed(findings: Iterable[Finding], additions: Sequence[Addition]) -> tuple[Finding, ...]:
    """Return findings on generated rules with the place in the extension that declares the rule, if one does."""
    return tuple(_at_home(finding, additions) for finding in findings)


def place_of(name: str, additions: Iterable[Addition]) -> tuple[str, int] | None:
    """Return file and line of the extension that declares ``name``, or None where none does."""
    places = (declared_in(name, addition.files) for addition in additions)
    return next(((file, line) for file, line in places if line), None)


def _at_home(finding: Finding, additions: Sequence[Addition]) -> Finding:
    place = place_of(finding.rule, additions)
    if place is None:
        return finding
    generated = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return Finding(*place, finding.rule, f"{finding.message} ({generated})")


def _placed(addition: Addition, problems: Iterable[Problem]) -> Iterator[Finding]:
    for problem in problems:
        yield Finding(*declared_in(problem.name, addition.files), problem.name, problem.message)
