"""What an extension adds to the catalogue, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.incident import Incident
    from payment_catalog.metric import Metric


@dataclass(frozen=True, slots=True)
class Addition:
    """What one extension adds; ``name`` is what the settings call it, ``files`` are its source, the main one first.

    ``parts`` belong to the rooms: each room has kinds of its own, and asks the catalogue for them.
    """

    name: str
    files: tuple[Path, ...] = ()
    metrics: tuple[Metric, ...] = ()
    incidents: tuple[Incident, ...] = ()
    parts: tuple[object, ...] = ()

    @property
    def owner(self) -> str:
        """What sentences call it."""
        return f"the extension '{self.name}'"
