"""Our own rules, prepared for comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.groups import alert_groups, recordings
from payment_bundle.import_rules.condition import Watched, watched
from payment_bundle.import_rules.reading import RuleKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class OurRule:
    """A rule that the bundle generates; a recorded series pends for no time."""

    kind: RuleKind
    name: str
    pending: timedelta | None
    watched: Watched


@dataclass(frozen=True, slots=True)
class Ours:
    """All rules of the bundle, the names of the series that its catalogue knows, and what it records."""

    rules: tuple[OurRule, ...]
    known: frozenset[str]
    definitions: Mapping[str, str]

    def named(self, kind: RuleKind, name: str) -> OurRule | None:
        """Return the rule of that name."""
        return next((rule for rule in self.rules if (rule.kind, rule.name) == (kind, name)), None)


def our_rules(catalog: Catalog) -> Ours:
    """Return the rules for ``catalog``."""
    groups = alert_groups(catalog)
    recorded = tuple({rule.record: rule for rule in (*catalog.recordings, *recordings(groups))}.values())
    definitions = {rule.record: rule.expr for rule in recorded}
    return Ours(
        (
            *(
                OurRule(RuleKind.ALERT, alert.name, alert.pending, watched(alert.expr, definitions))
                for group in groups
                for alert in group.alerts
            ),
            *(OurRule(RuleKind.RECORD, rule.record, None, watched(rule.expr, definitions)) for rule in recorded),
        ),
        frozenset(catalog.declared(recorded)),
        definitions,
    )
