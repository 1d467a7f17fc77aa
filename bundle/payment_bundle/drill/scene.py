"""Where a drill takes place: the house and its customers."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from payment_bundle.demo.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.house import House
    from payment_bundle.drill.postgres import Postgres

#: So many at once that a few slow answers do not stop the others.
_CUSTOMERS = 4
_PAYMENTS_PER_SECOND = 6.0


class Scene:
    """Customers pay in its ``with`` block."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._customers = ExitStack()

    def __enter__(self) -> Scene:
        """Let the customers in."""
        self._let_in()
        return self

    def __exit__(self, *_: object) -> None:
        """Send them away."""
        self._customers.close()

    @property
    def postgres(self) -> Postgres:
        """The database server, for drills that need one."""
        assert self.house.postgres is not None  # noqa: S101 - Drill.needs says so
        return self.house.postgres

    @contextmanager
    def nobody_pays(self) -> Iterator[None]:
        """Send the customers away for a while."""
        self._customers.close()
        try:
            yield
        finally:
            self._let_in()

    def _let_in(self) -> None:
        for seed in range(_CUSTOMERS):
            self._customers.enter_context(Traffic(self.house.caller, _PAYMENTS_PER_SECOND / _CUSTOMERS, seed))
