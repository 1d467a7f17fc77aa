"""Where a drill takes place: the house and its customers."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from typing import TYPE_CHECKING

from payment_bundle.demo.child import ChildError
from payment_bundle.demo.traffic import Traffic
from payment_bundle.drill.disk import DiskError
from payment_bundle.drill.postgres import Postgres, PostgresError
from payment_catalog.external_metrics import UP
from payment_catalog.service_metrics import PAYMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payment_bundle.drill.house import House

#: So many at once that a few slow answers do not stop the others.
_CUSTOMERS = 4
_PAYMENTS_PER_SECOND = 6.0
_KNOWN_WITHIN = 90.0


class Scene:
    """Customers pay in its ``with`` block."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._customers = ExitStack()
        self._seeds = count()  # the same customer again would repeat payments under the same keys

    def __enter__(self) -> Scene:
        """Let the customers in."""
        self._let_in()
        self._wait_for_first_scrapes()
        return self

    def __exit__(self, *_: object) -> None:
        """Send them away."""
        self._customers.close()

    @property
    def postgres(self) -> Postgres:
        """The database server, for drills that need one."""
        if self.house.postgres is None:
            raise PostgresError("a drill that needs PostgreSQL does not say so")
        return self.house.postgres

    @property
    def disk(self) -> Path:
        """A disk that may be filled, for drills that need one."""
        if self.house.disk is None:
            raise DiskError("a drill that needs a disk does not say so")
        return self.house.disk

    @contextmanager
    def nobody_pays(self) -> Iterator[None]:
        """Send the customers away for a while."""
        self._customers.close()
        try:
            yield
        finally:
            self._let_in()

    def _let_in(self) -> None:
        for seed in islice(self._seeds, _CUSTOMERS):
            self._customers.enter_context(Traffic(self.house.caller, _PAYMENTS_PER_SECOND / _CUSTOMERS, seed))

    def _wait_for_first_scrapes(self) -> None:
        """Wait until Prometheus knows of every target and of payments: until then what is missing fires alerts."""
        house = self.house
        deadline = time.monotonic() + _KNOWN_WITHIN
        while time.monotonic() < deadline:
            house.check()
            if house.prometheus.value(f"min({UP})") == 1 and house.prometheus.value(f"sum({PAYMENTS})"):
                return
            time.sleep(0.5)
        raise ChildError(f"Prometheus has not seen every target and a payment within {_KNOWN_WITHIN:.0f} s")
