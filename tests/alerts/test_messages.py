"""Messages as Alertmanager renders them: what they say, what they link to, and that no label can break them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from alerts.rendering import END, START, Renderer, alert, message
from hypothesis import given, settings
from hypothesis import strategies as st

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.amtool import Amtool
from payment_alerts.message_facts import escape_slack, message_facts, quote_go
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.escalation import ESCALATION_MATRIX, Team
from payment_catalog.incident import IncidentKey
from payment_catalog.links import log_view_url
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import WebhookContact
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import LogPattern

Written = Callable[[Settings], Path]

KINDS = ("slack_configs", "pagerduty_configs", "email_configs")
HOSTILE = (
    "a\"b\\c'd`e<script>alert(1)</script>&amp;<!channel>*_~|{{ .x }}%22}\r\n\t\u202eBcc: x@y.example\n" + "é" * 400
)
LABELS = {
    "alertname": "ErrorRateCritical",
    "environment": "production",
    "namespace": "payment-service",
    "job": "payment-service",
    "priority": "P1",
    "team": "service-outage",
    "incident": "high-error-rate",
    "severity": "critical",
    "SUMMARY": "Error rate of payment-service is high",
    "DESCRIPTION": "7.3 % of requests in production fail, the limit is 5 %.",
    "RUNBOOK_URL": "https://runbooks.example/ErrorRateCritical.md",
    "DASHBOARD_URL": "https://grafana.example/d/payment-service",
}


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    directory = tmp_path_factory.mktemp("messages")
    for path, content in render_all(alertmanager(build_catalog(Settings()), ())).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return Renderer(directory)


def firing(**labels: str) -> dict[str, Any]:
    return alert(**{**LABELS, **labels})


def resolved(**labels: str) -> dict[str, Any]:
    return alert("resolved", **{**LABELS, **labels})


def milliseconds(time: str, more: timedelta) -> str:
    return str(int((datetime.fromisoformat(time) + more).timestamp() * 1000))


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_says_what_how_bad_since_when_and_what_to_do(renderer: Renderer, kind: str) -> None:
    text = json.dumps(renderer.integration(kind, message(firing())))
    for told in (
        "[FIRING P1] Error rate of payment-service is high (production)",
        "7.3 % of requests in production fail, the limit is 5 %.",
        "P1 High: respond within 30m",
        "L1 On-call Engineer",
        "since 2026-11-25 14:00 UTC",
        "https://runbooks.example/ErrorRateCritical.md",
        "https://grafana.example/d/payment-service?from=",
        "https://kibana.yourdomain.com/app/discover#/",
        "https://prometheus.example/graph?g0.expr=up",
        "https://alertmanager.yourdomain.com/#/silences/new?filter=",
        "kubectl logs --tail=-1 deployment/payment-service -n payment-service | grep ERROR | tail -50",
    ):
        assert told in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_says_how_long_it_lasted_and_asks_for_nothing(renderer: Renderer, kind: str) -> None:
    rendered = renderer.integration(kind, message(resolved()))
    text = json.dumps(rendered)
    assert "[RESOLVED P1] Error rate of payment-service is high (production)" in text
    assert "2026-11-25 14:00 UTC, lasted 1h12m" in text
    assert "/silences/new" not in text
    assert "FIRING" not in text


def test_the_end_of_one_of_two_leaves_the_message_firing(renderer: Renderer) -> None:
    slack = renderer.integration("slack_configs", message(resolved(SUMMARY="First"), firing(SUMMARY="Second")))
    assert slack["title"] == "[FIRING P1] Second (production)"
    assert slack["text"].index("*Second*") < slack["text"].index(":white_check_mark: First")


def test_an_escalation_says_who_is_asked(renderer: Renderer) -> None:
    for level, who in (("L2", "L2 Senior Engineer"), ("L3", "L3 Architecture Team")):
        escalated = message(firing(level=level))
        slack = renderer.integration("slack_configs", escalated)
        assert slack["title"].startswith(f"[FIRING P1 {level}] ")
        assert {"title": "Asked", "value": who, "short": True} in slack["fields"]
        assert renderer.integration("pagerduty_configs", escalated)["details"]["asked"] == who
        assert f"Asked: {who}, service-outage" in renderer.integration("email_configs", escalated)["text"]


def test_the_dashboard_opens_at_the_time_of_the_alert(renderer: Renderer) -> None:
    cases = (
        (firing(), timedelta(hours=-1), START, timedelta(minutes=30)),
        (resolved(), timedelta(hours=-1), END, timedelta(minutes=15)),
        (firing(level="L3"), timedelta(hours=-7), START, timedelta(minutes=30)),
        (firing(level="L3", priority="P3"), timedelta(hours=-27), START, timedelta(minutes=30)),
    )
    for item, before, end, after in cases:
        links = links_of(renderer, message(item))
        dashboard, logs = urlsplit(links["Dashboard"]), links["Logs"]
        assert (dashboard.netloc, dashboard.path) == ("grafana.example", "/d/payment-service")
        assert {name: value for name, (value,) in parse_qs(dashboard.query).items()} == {
            "from": milliseconds(START, before),
            "to": milliseconds(end, after),
            "var-environment": "production",
            "var-namespace": "payment-service",
        }
        times = re.findall(r"(?:from|to):'([^']+)'", logs)
        assert [milliseconds(time, timedelta(0)) for time in times] == [
            milliseconds(START, before),
            milliseconds(end, after),
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_leads_to_the_lines_that_the_runbook_greps_for(renderer: Renderer, kind: str) -> None:
    search = log_view_url(Settings(), LogPattern.ERROR)
    wanted = f"{search}?_g=(time:(from:'2026-11-25T13:00:00Z',to:'2026-11-25T14:30:00Z'))"
    rendered = renderer.integration(kind, message(firing(LOGS_URL=search)))
    assert wanted in html.unescape(json.dumps(rendered))


def test_without_a_search_a_message_leads_to_all_lines_of_that_time(renderer: Renderer) -> None:
    for address in ({}, {"LOGS_URL": ""}, {"LOGS_URL": "javascript:alert(1)"}, {"LOGS_URL": 'https://x/"><script>'}):
        link = links_of(renderer, message(firing(**address)))["Logs"]
        assert link.startswith(
            "https://kibana.yourdomain.com/app/discover#/?_a=(index:'payment-service-logs')&_g=(time:("
        )


def test_the_dashboard_shows_the_instance_that_an_alert_is_about(renderer: Renderer) -> None:
    link = links_of(renderer, message(firing(instance="10.0.0.1:8080")))["Dashboard"]
    assert parse_qs(urlsplit(link).query)["var-instance"] == ["10.0.0.1:8080"]


@pytest.mark.parametrize("value", ["production", 'a"b', "back\\slash", "<b>", "a,b}", "a&b=c#d", "line\nbreak", "é€"])
def test_the_silence_covers_the_incident_of_its_service_in_its_environment(renderer: Renderer, value: str) -> None:
    for link in (
        links_of(renderer, message(firing(environment=value)))["Silence"],
        hrefs(renderer.integration("email_configs", message(firing(environment=value)))["html"])[-1],
    ):
        assert link.startswith("https://alertmanager.yourdomain.com/#/silences/new?filter=")
        filter_ = unquote(link.partition("filter=")[2])
        place = f'environment={go_quoted(value)},namespace="payment-service"'
        assert filter_ == f'{{incident="high-error-rate",{place}}}'


def go_quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def links_of(renderer: Renderer, data: dict[str, Any]) -> dict[str, str]:
    """Return the links of a page, after a look that Slack has the same."""
    links = {link["text"]: link["href"] for link in renderer.integration("pagerduty_configs", data)["links"]}
    buttons = [button["url"] for button in renderer.integration("slack_configs", data)["actions"]]
    assert buttons == list(links.values())
    return links


def test_many_alerts_make_a_short_list(renderer: Renderer) -> None:
    alerts = [firing(instance=f"pod-{number}", SUMMARY=f"Pod {number} is down") for number in range(8)]
    data = message(*alerts)
    for text in (
        renderer.integration("slack_configs", data)["text"],
        renderer.integration("pagerduty_configs", data)["details"]["firing"],
        renderer.integration("email_configs", data)["text"],
        renderer.integration("email_configs", data)["html"],
    ):
        assert "and 3 more" in text
        assert "Pod 4 is down" in text
        assert "Pod 5 is down" not in text
    assert renderer.integration("slack_configs", data)["title"] == "[FIRING P1] Pod 0 is down and 7 more (production)"


def test_alerts_of_several_priorities_claim_none(renderer: Renderer) -> None:
    data = message(firing(), firing(priority="P3"))
    assert renderer.integration("slack_configs", data)["title"].startswith("[FIRING] ")
    assert renderer.integration("pagerduty_configs", data)["severity"] == "warning"


@pytest.mark.parametrize(
    ("priority", "severity"), [("P0", "critical"), ("P1", "error"), ("P2", "warning"), ("P3", "info")]
)
def test_a_priority_is_a_severity_of_pagerduty(renderer: Renderer, priority: str, severity: str) -> None:
    page = renderer.integration("pagerduty_configs", message(firing(priority=priority)))
    assert page["severity"] == severity
    assert (page["class"], page["component"], page["group"]) == ("high-error-rate", "payment-service", "production")
    assert page["source"] == "payment-service"


def test_hostile_labels_do_not_break_slack(renderer: Renderer) -> None:
    hostile = [firing(**dict.fromkeys(LABELS, HOSTILE), instance=f"{number}{HOSTILE}") for number in range(9)]
    slack = renderer.integration("slack_configs", message(*hostile, *(resolved() for _ in range(9))))
    assert len(slack["text"]) <= 4000
    for text in (slack["title"], slack["fallback"], slack["text"], *(field["value"] for field in slack["fields"])):
        without_links = re.sub(r"<https?://[^<>|\s]+\|[^<>]*>", "", text)
        assert not set("<>") & set(without_links)
        assert not re.search(r"&(?!amp;|lt;|gt;)", without_links)
    assert "\n" not in slack["title"]
    for button in slack["actions"]:
        assert re.fullmatch(r"https?://[^\s<>|\"]{1,2990}", button["url"])


def test_hostile_labels_do_not_break_a_page(renderer: Renderer) -> None:
    page = renderer.integration("pagerduty_configs", message(firing(**dict.fromkeys(LABELS, HOSTILE))))
    assert page["severity"] == "warning"
    for text in (page["description"], page["source"], page["class"], page["component"], page["group"]):
        assert len(text) <= 320
        assert text.isprintable()
    assert all(re.fullmatch(r"https?://[^\s<>|\"]+", link["href"]) for link in page["links"])


def test_hostile_labels_do_not_break_a_mail(renderer: Renderer) -> None:
    mail = renderer.integration("email_configs", message(firing(**dict.fromkeys(LABELS, HOSTILE))))
    assert mail["headers"]["Subject"].isprintable()
    plain = renderer.integration("email_configs", message(firing()))
    assert tags(mail["html"]) == tags(plain["html"])
    assert all(link.startswith(("https://", "http://")) for link in hrefs(mail["html"]))
    assert "alert(1)" in mail["html"]
    assert "\nBcc:" not in mail["text"]


def test_a_link_that_is_none_leads_to_alertmanager(renderer: Renderer) -> None:
    for address in ("javascript:alert(1)", "", 'https://x/"><script>', "https://x/<!channel>|"):
        item = firing(RUNBOOK_URL=address, DASHBOARD_URL=address)
        item["generatorURL"] = address
        links = links_of(renderer, message(item))
        assert {links[name] for name in ("Runbook", "Dashboard", "Prometheus")} == {
            "https://alertmanager.yourdomain.com"
        }


def test_an_alert_of_somebody_else_makes_a_message_too(renderer: Renderer) -> None:
    foreign = message(alert(alertname="Foreign"))
    for kind in KINDS:
        assert "[FIRING] Foreign" in json.dumps(renderer.integration(kind, foreign))
    assert renderer.integration("pagerduty_configs", foreign)["source"] == "prometheus"
    assert links_of(renderer, foreign)["Silence"] == "https://alertmanager.yourdomain.com/#/alerts"


def test_every_incident_team_and_priority_has_its_words(renderer: Renderer) -> None:
    catalog = build_catalog(Settings())
    for incident in IncidentKey:
        data = message(firing(incident=incident.value))
        first = catalog.incidents[incident].diagnosis[0].shell
        assert first in renderer.integration("pagerduty_configs", data)["details"]["first_commands"]
        assert escape_slack(first) in renderer.integration("slack_configs", data)["text"]
    for team in Team:
        page = renderer.integration("pagerduty_configs", message(firing(team=team.value, level="L3")))
        assert page["details"]["asked"] == f"L3 {ESCALATION_MATRIX[team].l3}"
    for priority in Priority:
        page = renderer.integration("pagerduty_configs", message(firing(priority=priority.value)))
        assert page["details"]["urgency"].startswith(f"{priority} ")


def test_messages_follow_the_settings() -> None:
    elsewhere = {
        "kibana": "https://logs.example",
        "alertmanager": "https://am.example",
        "prometheus": "https://p.example",
    }
    urls = Settings().urls.model_copy(update=elsewhere)
    facts = message_facts(build_catalog(Settings(urls=urls)))
    assert "https://logs.example" in facts
    assert "https://am.example" in facts
    assert "yourdomain.com" not in facts.replace(urls.service, "")


def test_a_webhook_names_the_file_of_its_token(written: Written) -> None:
    hook = WebhookContact(type="webhook", url="https://hooks.example/x", token_file="/etc/alertmanager/secrets/hook")
    routing = Settings().routing.model_copy(update={"priorities": dict.fromkeys(Priority, ("hook",))})
    with_token = Settings(contact_points={**Settings().contact_points, "hook": hook}, routing=routing)
    content = alertmanager(build_catalog(with_token), ())[CONFIGURATION].content  # type: ignore[union-attr]
    (webhook,) = next(item["webhook_configs"] for item in content["receivers"] if item["name"] == "p0")  # type: ignore[index]
    assert webhook["http_config"] == {"authorization": {"credentials_file": "/etc/alertmanager/secrets/hook"}}
    assert Amtool().check_config(written(with_token) / CONFIGURATION) == ()


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_stand_in_a_go_template(renderer: Renderer, text: str) -> None:
    assert renderer.text(f"{{{{ {quote_go(text)} }}}}", {}) == text


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.hrefs: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.hrefs += [value or "" for name, value in attrs if name == "href"]


def tags(text: str) -> set[tuple[str, tuple[str, ...]]]:
    """Return the kinds of elements, with the names of their attributes."""
    return set(_Links(text).tags)


def hrefs(text: str) -> list[str]:
    return _Links(text).hrefs
