"""From an attack on the service to the message at the right contact point."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import House, Wait


@pytest.mark.parametrize(
    ("alert", "summary", "severity"),
    [
        ("SuspiciousAPIAccess", "Suspicious API access pattern detected", "critical"),
        ("HighFailedAuthRate", "High failed authentication rate detected", "warning"),
    ],
)
def test_a_security_alert_arrives(house: House, wait: Wait, alert: str, summary: str, severity: str) -> None:
    def arrived() -> dict[str, object]:
        return {item.contact_point: item for item in house.stack.receiver.notifications() if item.alert == alert}

    routing = Settings().routing
    wait(f"{alert} at a contact point", 300, lambda: bool(arrived()))
    example = next(item for item in house.stack.receiver.notifications() if item.alert == alert)
    assert example.status == "firing"
    assert example.annotations["summary"] == summary
    assert example.annotations["runbook_url"].endswith(f"/{alert}.md")
    assert example.labels["severity"] == severity
    assert example.labels["team"] == "security-incident"
    told = {*routing.priorities[example.labels["priority"]], *routing.teams["security-incident"]}  # type: ignore[index]
    wait(f"{alert} at {told}", 60, lambda: set(arrived()) == told)


def test_the_log_has_the_lines_that_the_runbook_greps_for(house: House, wait: Wait) -> None:
    log = house.directory / "logs" / "service.log"
    for pattern in ("auth.*failed", "payment.*failed"):
        wait(f"a line that matches {pattern}", 60, lambda pattern=pattern: _matches(pattern, log.read_text()))


def _matches(pattern: str, text: str) -> bool:

    return re.search(pattern, text) is not None
