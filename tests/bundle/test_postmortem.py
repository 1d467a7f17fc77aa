"""``payobs postmortem`` against a real Prometheus that remembers an incident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import Result, payobs
from prometheus_server import prometheus_that_remembers
from sockets import free_port
from stub_server import Answer, serving

from payment_alerts.routes import WATCHDOG
from payment_alerts.scenario_series import exporter_target, service_target
from payment_catalog import service_metrics as service
from payment_catalog.catalog import build_catalog
from payment_catalog.exporter_metrics import business
from payment_catalog.external_metrics import ALERTS
from payment_catalog.http_metrics import HTTP_REQUESTS
from payment_catalog.promql import quote
from payment_catalog.settings import Settings
from payment_catalog.slo_series import events_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

ROOT = Path(__file__).parents[2]
STEP = timedelta(seconds=15)
CATALOG = build_catalog(Settings())
SERVICE, EXPORTER = service_target(CATALOG.settings), exporter_target(CATALOG.settings)
#: A Monday morning that is a few days ago, so that Prometheus still keeps the week before.
TEN = (datetime.now(UTC) - timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)
HOSTILE = 'fpx|<b>"x"</b>`[a](javascript:alert)`'


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class History:
    """Series in OpenMetrics' text format."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def series(
        self, name: str, labels: dict[str, str], since: float, until: float, value: Callable[[float], float]
    ) -> None:
        """Add a sample every step, from and to minutes after ten; ``value`` is asked with minutes after ``since``."""
        moment, lines = at(since), self._lines.setdefault(name, [])
        inside = ",".join(f"{label}={quote(content)}" for label, content in labels.items())
        while moment <= at(until):
            minutes = (moment - at(since)) / timedelta(minutes=1)
            lines.append(f"{name}{{{inside}}} {value(minutes)} {moment.timestamp():.0f}")
            moment += STEP

    def alert(self, name: str, labels: dict[str, str], pending: float, firing: float, until: float) -> None:
        """Add an alert that is pending, fires and ends at minutes after ten."""
        labels = {"alertname": name, "namespace": "payment-service", **labels}
        self.series(ALERTS.name, {**labels, "alertstate": "pending"}, pending, firing - 0.25, lambda _: 1)
        self.series(ALERTS.name, {**labels, "alertstate": "firing"}, firing, until, lambda _: 1)

    def write(self, file: Path) -> None:
        blocks = (f"# TYPE {name} unknown\n" + "\n".join(lines) + "\n" for name, lines in self._lines.items())
        file.write_text("".join(blocks) + "# EOF\n")


def incident() -> History:
    history = History()
    outage = {"environment": "production", "severity": "critical", "priority": "P1", "team": "service-outage"}
    history.alert("ErrorRateCritical", {**outage, "incident": "high-error-rate", "job": "payment-service"}, 1, 3, 40)
    history.alert("AnEscalation", {**outage, "incident": "high-error-rate", "level": "L2"}, 2, 3, 40)
    history.alert("CircuitBreakerOpen", {**outage, "incident": "high-error-rate", "job": HOSTILE}, 5, 7, 30)
    history.alert("ApiLatencyHigh", {**outage, "incident": "performance-degradation"}, 10, 12, 15)
    history.alert(
        "CpuUsageHigh", {**outage, "environment": "staging", "incident": "performance-degradation"}, 1, 50, 55
    )
    history.alert(WATCHDOG, {"severity": "info", "priority": "P3", "incident": "monitoring-blind"}, -30, -29, 70)
    for status, per_minute in (("succeeded", 100), ("failed", 32)):
        history.series(
            service.PAYMENTS.name,
            {**SERVICE.instance_labels, "method": "card", "status": status},
            -30,
            70,
            lambda minutes, per_minute=per_minute: minutes * per_minute,
        )
    history.series(
        HTTP_REQUESTS.name,
        {**SERVICE.instance_labels, "method": "POST", "route": "/payments", "code": "502"},
        -30,
        70,
        lambda minutes: minutes * 60,
    )
    units = {**EXPORTER.instance_labels, "currency": "MYR"}
    week = 7 * 24 * 60
    for shift, per_minute in ((0, 1_000), (-week, 10_000)):
        history.series(
            business.REVENUE.name, units, shift - 30, shift + 70, lambda minutes, rate=per_minute: minutes * rate
        )
    history.series(business.CURRENCY_MINOR_UNITS.name, units, -30, 70, lambda _: 100)
    history.series("job:http_requests:rate5m", SERVICE.job_labels, -30, 70, lambda _: 10)
    history.series("job:http_requests_5xx:rate5m", SERVICE.job_labels, -30, 70, lambda minutes: minutes / 25)
    success = next(objective for objective in CATALOG.objectives if objective.key == "success")
    history.series(events_rate(success, success.window), SERVICE.job_labels, -30, 70, lambda _: 1)
    return history


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # What is written afterwards has no mark where a series ends: it ends before the next step.
    lookback = f"--query.lookback-delta={STEP.total_seconds() - 1:.0f}s"
    directory = tmp_path_factory.mktemp("remembered")
    with prometheus_that_remembers(incident().write, directory, free_port(), lookback) as url:
        yield url


def postmortem(url: str, *arguments: str, start: float = 0, end: float = 60) -> Result:
    return payobs("postmortem", "--from", text(at(start)), "--to", text(at(end)), "--prometheus", url, *arguments)


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is typed where the repository's settings are."""
    monkeypatch.chdir(ROOT)


def test_timeline_and_figures_are_what_prometheus_remembers(prometheus: str) -> None:
    result = postmortem(prometheus, "--environment", "production")
    assert result.code == 0, result.err
    document = result.out
    assert "# Post-Mortem: High Error Rate, Performance Degradation, production\n" in document
    assert f"- {at(3):%Y-%m-%d %H:%M:%S} UTC: Incident detected: ErrorRateCritical fires\n" in document
    assert f"- {at(40.25):%Y-%m-%d %H:%M:%S} UTC: Service restored: the last alert ends\n" in document
    assert "- [Time]: Root cause identified\n" in document
    assert "- Duration: 37m15s\n" in document
    # 32 payments and 60 requests failed each minute, and 10.00 came in where 100.00 is usual.
    assert "1,192 payments failed, 2,235 requests got a server error" in document
    assert "MYR 372.50 came in, 3,725.00 at the same time a week before" in document
    assert "| Error rate | 28.10% | 1.00%, 5.00% |" in document
    # An event a second is 2,592,000 in 30 days, of which 5 % may be bad.
    assert "| Payments succeed | 0.9% |" in document
    assert "CpuUsageHigh" not in document
    found = f"payment-service-logs-error?_g=(time:(from:'{text(at(0))}',to:'{text(at(60))}'))"
    assert f"[Logs at that time: error](https://kibana.yourdomain.com/app/discover#/view/{found})" in document


def test_the_alerts_stand_in_the_order_in_which_they_fired(prometheus: str) -> None:
    document = postmortem(prometheus, "--environment", "production").out
    names = ("| ErrorRateCritical |", "| AnEscalation |", "| CircuitBreakerOpen |", "| ApiLatencyHigh |")
    places = [document.index(name) for name in names]
    assert places == sorted(places)


def test_an_incident_can_be_chosen(prometheus: str) -> None:
    document = postmortem(prometheus, "--environment", "production", "--incident", "performance-degradation").out
    assert "ApiLatencyHigh" in document
    assert "ErrorRateCritical" not in document
    assert "# Post-Mortem: Performance Degradation, production\n" in document


def test_labels_of_any_content_break_no_table(prometheus: str) -> None:
    document = postmortem(prometheus, "--environment", "production").out
    (row,) = [line for line in document.splitlines() if "| CircuitBreakerOpen |" in line]
    unescaped = row.replace("\\|", "")
    assert unescaped.count("|") == 8
    assert "<b>" not in row.replace("\\<", "")
    assert "](" not in row.replace("\\]", "")


def test_an_alert_that_still_fires_is_said_to(prometheus: str) -> None:
    document = postmortem(prometheus, "--environment", "production", end=20).out
    assert "- [Time]: Service restored (an alert still fires)\n" in document
    assert "- Duration: more than 17m\n" in document


def test_two_environments_want_a_choice(prometheus: str) -> None:
    result = postmortem(prometheus)
    assert result.code == 2
    assert "production, staging; choose one with --environment" in result.err


def test_a_quiet_time_has_no_post_mortem(prometheus: str) -> None:
    result = postmortem(prometheus, start=-120, end=-60)
    assert result.code == 1
    assert result.out == ""
    assert "no alert fired" in result.err


def test_a_file_that_people_wrote_into_is_kept(prometheus: str, tmp_path: Path) -> None:
    out = tmp_path / "incident.md"
    choice = ("--environment", "production", "--out", str(out))
    assert postmortem(prometheus, *choice).code == 0
    out.write_text("what people wrote")
    result = postmortem(prometheus, *choice)
    assert result.code == 2
    assert "--force" in result.err
    assert out.read_text() == "what people wrote"
    assert postmortem(prometheus, *choice, "--force").code == 0
    assert out.read_text().startswith("# Post-Mortem: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "yesterday", "--to", "2026-01-01T00:00Z"), "--from: expected a time such as 2026-11-25T10:00Z"),
        (("--from", "2026-01-02", "--to", "2026-01-01"), "must be before --to"),
        (("--from", "2026-01-01", "--to", "2026-01-02", "--environment", "moon"), "there are production"),
        (("--from", "2026-01-01", "--to", "2026-01-02", "--incident", "flood"), "service-unavailable"),
        (("--from", "2026-01-01", "--to", "2026-01-02", "--token-file", "/none"), "--token-file: /none"),
        (("--from", "2026-01-01", "--to", "2026-01-02", "--prometheus", "http://127.0.0.1:1"), "http://127.0.0.1:1: "),
    ],
)
def test_what_cannot_be_asked_is_said_on_one_line(arguments: tuple[str, ...], said: str) -> None:
    result = payobs("postmortem", *arguments)
    assert result.code == 2
    assert said in result.err
    assert len(result.err.splitlines()) == 1


def behind_a_login(_method: str, _path: str, headers: Message, _body: bytes) -> Answer:
    """Answer as a proxy that lets nobody through who has not the token."""
    if headers["Authorization"] == "Bearer a-secret-token":
        return Answer(200, {"status": "success", "data": {"result": []}})
    return Answer(200, b"<html>log in</html>")


def test_a_login_page_is_recognised_and_the_token_is_not_told(tmp_path: Path) -> None:
    token = tmp_path / "token"
    with serving(behind_a_login) as url:
        token.write_text("a-secret-token\n")
        assert postmortem(url, "--token-file", str(token)).code == 1
        token.write_text("a-wrong-token\n")
        result = postmortem(url, "--token-file", str(token))
    assert result.code == 2
    assert "is there a login before it?" in result.err
    assert "token" not in result.err
