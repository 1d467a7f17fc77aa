"""Reading the reports that other programs leave in files."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from payment_catalog.backup_report import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from payment_catalog.vocabulary import ExporterCollector

    ReportT = TypeVar("ReportT", bound=BaseModel)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class ReportReader:
    """Reads reports for one collector, and remembers what it has said of each."""

    collector: ExporterCollector
    _said: dict[Path, str] = field(default_factory=dict, init=False)

    def read(self, file: Path, kind: type[ReportT]) -> ReportT | None:
        """Return the report, or ``None``; why it cannot be read is logged when it changes, not at each scrape."""
        said = ""
        try:
            return read_report(file, kind)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            said = str(error)
            if self._said.get(file) != said:
                log.warning("report not readable collector=%s reason=%s", self.collector, said)
            return None
        finally:
            self._said[file] = said
