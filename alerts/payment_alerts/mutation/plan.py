"""Which rules are mutated: every alert, and every recording rule that an alert of its group reads."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.mutation.family import families
from payment_alerts.mutation.mutants import mutate_alert, mutate_recording
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from payment_alerts.alert import AlertGroup
    from payment_alerts.mutation.family import Family
    from payment_alerts.mutation.mutant import Mutant


class UnknownAlertError(ForeseenError):
    """A name that no alert has."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be tried, and how many changes gave no PromQL and were dropped."""

    families: tuple[tuple[Family, tuple[Mutant, ...]], ...]
    invalid: int

    @property
    def mutants(self) -> tuple[Mutant, ...]:
        """Every mutant, rule by rule."""
        return tuple(mutant for _, mutants in self.families for mutant in mutants)


def plan(groups: Sequence[AlertGroup], only: Collection[str] = ()) -> Plan:
    """Return the mutants of the alerts in ``only`` and of what they read; of all when it is empty.

    Raises UnknownAlertError for a name that no alert has.
    """
    _require_known({alert.name for group in groups for alert in group.alerts}, only)
    chosen = []
    invalid = 0
    for family in (family for group in groups for family in families(group)):
        if only and not any(alert.name in only for alert in family.alerts):
            continue
        mutation = mutate_recording(family.recordings[0]) if family.recordings else mutate_alert(family.alerts[0])
        invalid += mutation.invalid
        chosen.append((family, mutation.mutants))
    return Plan(tuple(chosen), invalid)


def _require_known(known: Collection[str], only: Collection[str]) -> None:
    for name in sorted(set(only) - set(known)):
        close = difflib.get_close_matches(name, list(known), n=1)
        hint = f"did you mean {close[0]}?" if close else "'payobs mutate --list' names them all"
        raise UnknownAlertError(f"there is no alert {name}; {hint}")
