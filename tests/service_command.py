"""``payment-service``, as an operator types it, within this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command_line import Result, surroundings, typed

from payment_service.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def payment_service(*arguments: str, variables: Mapping[str, str], directory: Path | None = None) -> Result:
    """Run the command to its end; of the variables that it knows it sees these alone."""
    with surroundings(variables, directory):
        return typed(main, "payment-service", *arguments)


def migrate(variables: Mapping[str, str]) -> None:
    """Bring the schema of a database to the newest revision."""
    result = payment_service("migrate", "up", variables=variables)
    assert result.code == 0, result.err
