"""The dashboard on attacks: what the alerts count is seen, with their limits, and leads to the logs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from payment_alerts.groups import alert_groups, watching
from payment_catalog.catalog import build_catalog
from payment_catalog.promql import quote
from payment_catalog.settings import Settings
from payment_dashboards.boards.security import which_instance
from payment_dashboards.boards.security_events import (
    RARE,
    events_by_type,
    failed_auth,
    rare_event,
    suspicious_calls,
)
from payment_dashboards.boards.security_floods import requests_against_yesterday, share_of_flood
from payment_dashboards.kit import Kit
from payment_dashboards.limits import Limits

from .evaluation import evaluates

if TYPE_CHECKING:
    from pathlib import Path

    from payment_dashboards.boards.security_events import Rare

CATALOG = build_catalog(Settings())
KIT = Kit(CATALOG, watching(alert_groups(CATALOG)))

JOB = 'environment="production", namespace="payment-service", job="payment-service"'
REQUESTS = f"job:http_requests:rate5m{{{JOB}}}"


def test_the_runbooks_two_alerts_have_their_limits() -> None:
    assert failed_auth(KIT).limits == Limits(warning=10)
    assert suspicious_calls(KIT).limits == Limits(critical=5)
    limits = {column.title: column.limits for column in which_instance(KIT).columns}
    assert (limits["Failed/s"], limits["Suspicious/s"]) == (Limits(warning=10), Limits(critical=5))


@pytest.mark.parametrize("rare", RARE, ids=lambda rare: rare.event)
def test_a_rare_event_is_the_one_that_its_alert_counts_and_its_link_finds(rare: Rare) -> None:
    panel = rare_event(KIT, rare)
    (link,) = panel.value_links
    assert f"type={quote(rare.event)}" in KIT.watching.alerts[rare.alert].expr
    assert KIT.watching.alerts[rare.alert].limit.expr in panel.queries[0].expr
    assert f'security_event: "{rare.event}"' in unquote(link.url)
    assert panel.limits


def test_the_link_of_a_type_of_event_leads_to_events_of_that_type() -> None:
    (link,) = events_by_type(KIT).value_links
    assert "${__field.labels.type}" in link.url


def test_a_flood_is_measured_by_the_same_hours_of_yesterday(tmp_path: Path) -> None:
    (query,) = share_of_flood(KIT).queries
    # 20 a second, and from the 27th hour on 200: twice the five times that are a flood.
    evaluates(tmp_path, query.expr, {REQUESTS: f"{'20 ' * 1620}{'200 ' * 120}"}, {"{}": 2}, at="28h")


def test_yesterday_is_drawn_beside_what_arrives_now(tmp_path: Path) -> None:
    now, yesterday, flood = requests_against_yesterday(KIT).queries
    series = {REQUESTS: f"{'20 ' * 1620}{'200 ' * 120}"}
    recorded, computed = f"{REQUESTS}", f"{{{JOB}}}"
    for query, expected in ((now, {recorded: 200}), (yesterday, {recorded: 20}), (flood, {computed: 100})):
        evaluates(tmp_path, query.expr, series, expected, at="28h")
