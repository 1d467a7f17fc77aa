"""What checks say of a catalogue from which no documents can be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle import checks
from payment_catalog.catalog import build_catalog
from payment_catalog.promql import parse
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    import pytest


def test_a_dashboard_that_asks_nonsense_is_a_finding_and_not_an_empty_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "generate_documents", lambda *_: parse("sum by ("))
    made = checks.generated(build_catalog(Settings()))
    (finding,) = made.unreadable
    assert finding.file == "payment_dashboards"
    assert "unclosed" in finding.message
