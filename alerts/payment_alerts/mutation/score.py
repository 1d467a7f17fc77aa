"""What a run of mutants says about the unit tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.mutation.equivalents import declaration_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from payment_alerts.mutation.equivalents import Equivalent
    from payment_alerts.mutation.mutant import Mutant


@dataclass(frozen=True, slots=True)
class Score:
    """``survivors`` are those that no test noticed and that mean something else; ``equivalents`` mean the same.

    ``wrong`` are mutants that are declared to mean the same although a test notices them, ``stale`` are
    declarations that match no mutant.
    """

    killed: int
    survivors: tuple[Mutant, ...]
    equivalents: tuple[tuple[Mutant, Equivalent], ...]
    wrong: tuple[tuple[Mutant, Equivalent], ...]
    stale: tuple[Equivalent, ...]

    @property
    def ratio(self) -> float:
        """Killed among all that mean something else; 1 where there is none."""
        meaningful = self.killed + len(self.survivors)
        return self.killed / meaningful if meaningful else 1.0

    def is_enough(self, minimum: float) -> bool:
        """Return whether the ratio reaches ``minimum`` and every declaration holds."""
        return self.ratio >= minimum and not self.wrong and not self.stale


def score(
    mutants: Sequence[Mutant], survivors: Iterable[Mutant], declared: Sequence[Equivalent], *, complete: bool = True
) -> Score:
    """Return the score of ``mutants``, of which ``survivors`` were not noticed.

    Only where ``mutants`` are ``complete`` can a declaration be stale.
    """
    survived = set(survivors)
    declarations = {mutant: declaration_of(mutant, declared) for mutant in mutants}
    equal = [(mutant, found) for mutant, found in declarations.items() if found is not None]
    matching = {found for found in declared if any(found.matches(mutant) for mutant in mutants)}
    return Score(
        killed=sum(mutant not in survived for mutant in mutants),
        survivors=tuple(mutant for mutant in mutants if mutant in survived and declarations[mutant] is None),
        equivalents=tuple((mutant, found) for mutant, found in equal if mutant in survived),
        wrong=tuple((mutant, found) for mutant, found in equal if mutant not in survived),
        stale=tuple(found for found in declared if complete and found not in matching),
    )
