"""From a figure that is wrong to the message on the phone: real Prometheus, real Alertmanager, everyone who is told."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from e2e.alerting import Alerting
from e2e.places import Place
from waiting import wait_until

from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import backup, host, probe
from payment_catalog.service_metrics import BREAKER_STATE, SUSPICIOUS_API_CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

#: Each test has an environment of its own, so that none sees another's alerts.
PLACES = ("production", "inhibited", "restarted", "silenced", "unnoticed")
ALERTS = {
    "CircuitBreakerOpen",
    "SuspiciousAPIAccess",
    "MemoryUsageHigh",
    "BackupVerificationFailed",
    "PaymentServiceDown",
    "ServiceUnreachable",
}
_LIMIT = 60


@pytest.fixture(scope="module")
def alerting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alerting]:
    with ExitStack() as stack:
        places = tuple(stack.enter_context(Place(name)) for name in PLACES)
        yield stack.enter_context(Alerting(tmp_path_factory.mktemp("alerting"), places, ALERTS))


def place(alerting: Alerting, name: str) -> Place:
    return next(item for item in alerting.places if item.name == name)


def arrived(what: str, messages: Callable[[], list[Any]]) -> Any:
    """Wait for a message and return the first."""
    wait_until(what, messages, _LIMIT, pause=0.2)
    return messages()[0]


def slack(alerting: Alerting, *words: str) -> list[dict[str, Any]]:
    """Return the messages in Slack that have all the words in their title."""
    messages = ({**item["attachments"][0], "channel": item["channel"]} for item in alerting.inboxes.of("slack"))
    return [item for item in messages if all(word in item["title"] for word in words)]


def pages(alerting: Alerting, *words: str) -> list[dict[str, Any]]:
    return [
        item for item in alerting.inboxes.of("pagerduty") if all(word in item["payload"]["summary"] for word in words)
    ]


def mails(alerting: Alerting, *words: str) -> list[EmailMessage]:
    return [mail for mail in list(alerting.mailbox.messages) if all(word in mail["Subject"] for word in words)]


def nothing_refused(alerting: Alerting) -> bool:
    return alerting.inboxes.refused == alerting.mailbox.refused == []


def test_an_outage_pages_and_is_told_on_call(alerting: Alerting) -> None:
    place(alerting, "production").service.say(BREAKER_STATE, 2)
    page = arrived("a page", lambda: pages(alerting, "FIRING", "ircuit breaker", "production"))
    assert page["event_action"] == "trigger"
    assert page["payload"]["severity"] == "error"
    assert page["payload"]["class"] == "high-error-rate"
    assert page["payload"]["custom_details"]["urgency"] == "P1 High: respond within 30m"
    assert "kubectl logs" in page["payload"]["custom_details"]["first_commands"]
    told = arrived("a message", lambda: slack(alerting, "FIRING P1]", "ircuit breaker", "production"))
    assert told["channel"] == "#payments-oncall"
    assert "since 20" in told["text"]
    assert {button["text"] for button in told["actions"]} == {"Runbook", "Dashboard", "Logs", "Prometheus", "Silence"}
    assert nothing_refused(alerting)


def test_an_attack_is_mailed_to_the_security_team(alerting: Alerting) -> None:
    place(alerting, "production").service.count(SUSPICIOUS_API_CALLS, per_second=2000)
    mail = arrived("a mail", lambda: mails(alerting, "P1]", "production"))
    assert mail["Subject"] == "[FIRING P1] Suspicious API access pattern detected (production)"
    assert mail["To"] == "security@yourdomain.com"
    assert "TO:<security@yourdomain.com>" in alerting.mailbox.recipients
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text, html = (part.get_content() for part in mail.iter_parts())
    for part in (text, html):
        assert "P1 High: respond within 30m" in part
        assert "Asked: L1 On-call Engineer, security-incident" in part
        assert "/SuspiciousAPIAccess.md" in part
    arrived("a page", lambda: pages(alerting, "Suspicious API access", "production"))
    assert nothing_refused(alerting)


def test_a_slow_machine_is_told_in_office_hours(alerting: Alerting) -> None:
    exporter = place(alerting, "production").exporter
    exporter.say(host.MEMORY_TOTAL, 1e9)
    exporter.say(host.MEMORY_AVAILABLE, 5e7)
    told = arrived("a message", lambda: slack(alerting, "FIRING P3", "emory", "production"))
    assert told["channel"] == "#payments"
    assert "95" in told["text"]
    assert not pages(alerting, "emory")
    assert nothing_refused(alerting)


def test_a_useless_backup_reaches_the_webhook_of_the_data_team(alerting: Alerting) -> None:
    place(alerting, "production").exporter.say(backup.VERIFICATION_SUCCESS, 0)
    message = arrived("a call of the webhook", lambda: alerting.inboxes.of("webhook"))
    assert message["status"] == "firing"
    (alert,) = message["alerts"]
    assert alert["labels"]["alertname"] == "BackupVerificationFailed"
    assert alert["labels"]["team"] == Team.DATA_ISSUE
    arrived("a message", lambda: slack(alerting, "FIRING P2", "ackup", "production"))
    assert nothing_refused(alerting)


def test_an_outage_of_the_service_keeps_its_consequences_quiet(alerting: Alerting) -> None:
    there = place(alerting, "inhibited")
    there.service.down = True
    arrived("the outage", lambda: pages(alerting, "FIRING P0", "is down", "inhibited"))
    there.exporter.say(probe.SUCCESS, 0, target="http://service", endpoint="health")

    def consequence() -> dict[str, Any]:
        return alerting.active("inhibited").get("ServiceUnreachable", {})

    wait_until("the consequence, inhibited", lambda: consequence().get("status", {}).get("inhibitedBy"), _LIMIT, 0.2)
    assert consequence()["status"]["state"] == "suppressed"
    assert all("ServiceUnreachable" not in item["text"] for item in slack(alerting, "inhibited"))


def test_a_restart_of_alertmanager_loses_nothing(alerting: Alerting) -> None:
    there = place(alerting, "restarted")
    there.service.say(BREAKER_STATE, 2)
    arrived("a page", lambda: pages(alerting, "FIRING P1]", "restarted"))
    arrived("a message", lambda: slack(alerting, "FIRING P1]", "restarted"))
    silence = alerting.api("POST", "silences", json=silence_of("restarted", team="data-issue"))["silenceID"]

    alerting.alertmanager.stop()
    alerting.start_alertmanager()

    assert alerting.api("GET", f"silence/{silence}")["status"]["state"] == "active"
    wait_until("the alert again", lambda: "CircuitBreakerOpen" in alerting.active("restarted"), _LIMIT, 0.2)
    alerting.wait_for_flushes(20)
    there.exporter.say(backup.VERIFICATION_SUCCESS, 0)
    wait_until(
        "the silenced alert",
        lambda: alerting.active("restarted").get("BackupVerificationFailed", {}).get("status", {}).get("silencedBy"),
        _LIMIT,
        0.2,
    )
    there.service.say(BREAKER_STATE, 0)
    told = arrived("the end in Slack", lambda: slack(alerting, "RESOLVED P1]", "restarted"))
    assert "lasted" in told["text"]
    end = arrived("the end at PagerDuty", lambda: pages(alerting, "RESOLVED P1]", "restarted"))
    (beginning,) = pages(alerting, "FIRING P1]", "restarted")
    assert end["event_action"] == "resolve"
    assert end["dedup_key"] == beginning["dedup_key"]
    assert len(slack(alerting, "FIRING P1]", "restarted")) == 1
    assert nothing_refused(alerting)


def test_an_incident_escalates_unless_somebody_has_silenced_it(alerting: Alerting) -> None:
    for name in ("silenced", "unnoticed"):
        place(alerting, name).service.say(BREAKER_STATE, 2)
    told = arrived("a message", lambda: slack(alerting, "FIRING P1]", "silenced"))
    matchers = matchers_of(next(button["url"] for button in told["actions"] if button["text"] == "Silence"))
    assert matchers == {"environment": "silenced", "incident": "high-error-rate", "namespace": "payment-service"}
    alerting.api("POST", "silences", json=silence_of(**matchers))

    escalated = arrived("a message to L2", lambda: slack(alerting, "FIRING P1 L2]", "unnoticed"))
    assert escalated["channel"] == "#payments-escalation"
    assert {"title": "Asked", "value": "L2 Senior Engineer", "short": True} in escalated["fields"]
    page = arrived("a page to L2", lambda: pages(alerting, "FIRING P1 L2]", "unnoticed"))
    assert page["payload"]["custom_details"]["asked"] == "L2 Senior Engineer"
    mail = arrived("a mail to L3", lambda: mails(alerting, "FIRING P1 L3]", "unnoticed"))
    assert mail["To"] == "architecture@yourdomain.com"

    wait_until(
        "both escalations, silenced",
        lambda: (
            {
                name
                for name, alert in alerting.active("silenced").items()
                if "EscalatedTo" in name and alert["status"]["silencedBy"]
            }
            == {"ServiceOutageEscalatedToL2", "ServiceOutageEscalatedToL3"}
        ),
        _LIMIT,
        0.2,
    )
    for messages in (slack, pages, mails):
        for level in ("L2]", "L3]"):
            assert not messages(alerting, level, "silenced")
    assert nothing_refused(alerting)


def silence_of(environment: str, **labels: str) -> dict[str, Any]:
    matchers = {"environment": environment, **labels}
    return {
        "matchers": [{"name": name, "value": value, "isRegex": False} for name, value in matchers.items()],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2100-01-01T00:00:00Z",
        "createdBy": "a test",
        "comment": "somebody works on it",
    }


def matchers_of(link: str) -> dict[str, str]:
    """Return what a silence would match that is made by following ``link``."""
    (filter_,) = parse_qs(urlsplit(link).fragment.partition("?")[2])["filter"]
    pairs = (pair.partition("=") for pair in filter_.strip("{}").split(","))
    return {name: value.strip('"') for name, _, value in pairs}
