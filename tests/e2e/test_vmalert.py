"""vmalert 1.79, live: what fires escalates, from the files as they are changed for it."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sockets import free_port
from victoria_metrics import victoria_metrics
from waiting import wait_until

from payment_alerts.escalation_alerts import escalation_alerts
from payment_alerts.groups import alert_groups
from payment_alerts.rules import rules
from payment_alerts.tool import run_tool
from payment_bundle.demo.child import start
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.external_metrics import ALERTS
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from payment_alerts.alert import AlertGroup

PAGE = Path(__file__).parents[2] / "docs/engines.md"
CATALOG = build_catalog(Settings())
#: Of the runbook's times, for which so many seconds become one.
FASTER = 300


def test_what_fires_at_once_escalates_after_its_time(tmp_path: Path) -> None:
    write(tmp_path)
    address = f"127.0.0.1:{free_port()}"
    with victoria_metrics(tmp_path, "-search.latencyOffset=1s") as store:
        child = start(
            "vmalert",
            (
                "vmalert",
                f"-rule={tmp_path}/.build/vmalert/*.yaml",
                "-evaluationInterval=1s",
                "-disableAlertgroupLabel",
                f"-datasource.url={store.url}",
                f"-remoteRead.url={store.url}",
                f"-remoteWrite.url={store.url}",
                "-remoteWrite.flushInterval=1s",
                "-notifier.url=http://127.0.0.1:1",
                f"-httpListenAddr={address}",
            ),
            {"PATH": os.environ["PATH"]},
            tmp_path / "vmalert.log",
        )
        try:
            child.wait_ready(f"http://{address}/health", 60)

            def fired() -> set[str]:
                store.flush()
                return {labels["alertname"] for labels, _ in store.exported(f'{ALERTS}{{alertstate="firing"}}')}

            wait_until("the alert", lambda: "ErrorRateCritical" in fired(), 60, 0.5)
            wait_until("its escalation", lambda: "ServiceOutageEscalatedToL2" in fired(), 60, 0.5)
        finally:
            child.stop()
        ((labels, _),) = store.exported(f'{ALERTS}{{alertname="ServiceOutageEscalatedToL2", alertstate="firing"}}')
        assert (labels["priority"], labels["incident"], labels["level"]) == ("P1", "high-error-rate", "L2")


def write(directory: Path) -> None:
    """Write an alert that fires at once and the escalations, and change them by the commands of the page."""
    groups = alert_groups(CATALOG)
    (group,) = (group for group in groups if group.file == "api.yaml")
    (alert,) = (alert for alert in group.alerts if alert.name == "ErrorRateCritical")
    assert alert.pending == timedelta(0)
    firing = replace(alert, expr='label_replace(vector(1), "environment", "production", "", "")')
    escalating = (hurried(group) for group in escalation_alerts(CATALOG, groups))
    loaded = (replace(group, recordings=(), alerts=(firing,)), *escalating)
    for path, content in render_all(rules(CATALOG, loaded)).items():
        file = directory / "generated" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    commands = re.findall(r"^\$ ((?:mkdir|for) .*vmalert.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    done = run_tool(("env", "-C", str(directory), "bash", "-ec", "\n".join(commands)))
    assert done.code == 0, done.output


def hurried(group: AlertGroup) -> AlertGroup:
    """Return a group of escalations whose times are over soon."""
    return replace(
        group,
        alerts=tuple(
            replace(alert, expr=re.sub(r">= (\d+)", lambda match: f">= {int(match[1]) // FASTER}", alert.expr))
            for alert in group.alerts
        ),
    )
