"""The incident that the runbook could not know: the monitoring itself does not see or does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.escalation import Team
from payment_catalog.incident import Cause, Command, Incident, IncidentKey
from payment_catalog.prometheus_metrics import MESSAGES_FAILED, RULE_DURATION

if TYPE_CHECKING:
    from payment_catalog.settings import Settings


def monitoring_blind(settings: Settings) -> Incident:
    """Return the incident, its commands filled in for ``settings``."""
    prometheus, alertmanager = settings.urls.prometheus, settings.urls.alertmanager
    return Incident(
        IncidentKey.MONITORING_BLIND,
        "Monitoring Blind",
        Team.SERVICE_OUTAGE,
        (
            "The dead man's switch reports that the alert Watchdog no longer arrives",
            "Panels without data while the service answers",
            "An outage that no message told of",
        ),
        (
            Command(
                "Find targets that are not scraped",
                f"curl -s '{prometheus}/api/v1/targets?state=any' | "
                "jq '.data.activeTargets[] | select(.health != \"up\") | {scrapeUrl, health, lastError}'",
            ),
            Command(
                "Find rules that fail",
                f"curl -s {prometheus}/api/v1/rules | "
                "jq '.data.groups[].rules[] | select(.health != \"ok\") | {name, health, lastError}'",
            ),
            Command("Ask for the alerts that Prometheus sees", f"promtool query instant {prometheus} ALERTS"),
            Command("Ask for those that arrive", f"amtool alert query --alertmanager.url={alertmanager}"),
            Command("Look at the Alertmanagers' cluster", f"amtool cluster show --alertmanager.url={alertmanager}"),
            Command("Find messages that fail", f"curl -s {alertmanager}/metrics | grep {MESSAGES_FAILED}"),
        ),
        (
            Cause(
                "A configuration that is rejected",
                ("The one before it stays in force; after a restart there is none.",),
                (
                    Command("Check Prometheus' configuration", "promtool check config prometheus.yml"),
                    Command("Check the rules", "promtool check rules rules/*.yaml"),
                    Command("Check Alertmanager's configuration", "amtool check-config alertmanager.yml"),
                ),
            ),
            Cause(
                "Prometheus cannot keep up, or its disk is full",
                (),
                (
                    Command(
                        "Find the metrics with most series",
                        f"curl -s {prometheus}/api/v1/status/tsdb | jq '.data.seriesCountByMetricName'",
                    ),
                    Command(
                        "Find the slow rule groups",
                        f"promtool query instant {prometheus} 'topk(5, {RULE_DURATION})'",
                    ),
                ),
            ),
            Cause(
                "Messages that the receiver refuses",
                ("A revoked webhook or key: the file that the settings name must hold the new one",),
                (
                    Command(
                        "Send one by hand",
                        f"amtool alert add TestMessage priority=P3 --alertmanager.url={alertmanager}",
                    ),
                ),
            ),
            Cause(
                "A release that publishes other metrics",
                (),
                (
                    Command(
                        "Check what the service publishes",
                        f"curl -s {settings.urls.service}/metrics | promtool check metrics",
                    ),
                    Command(
                        "Look at the roll-out",
                        f"kubectl rollout history deployment/{settings.service} -n {settings.namespace}",
                    ),
                ),
            ),
        ),
    )
