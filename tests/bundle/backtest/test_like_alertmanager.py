"""The real Alertmanager, with waits of seconds, sends the messages that are computed for the same alerts."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import sleep, time
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from backtest_story import CATALOG, GROUPS, PLACE
from sockets import free_port
from stub_server import Answer, serving
from waiting import wait_until

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_bundle.backtest.episode import Episode
from payment_bundle.backtest.inhibiting import parse_rule
from payment_bundle.backtest.notifying import Alertmanager
from payment_bundle.backtest.route_tree import parse_routes
from payment_bundle.demo.child import start
from payment_bundle.demo.programs import find_programs
from payment_catalog.documents import YamlDocument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

#: A group is looked at after 2, 6, 10 and 14 seconds; what happens, happens in the middle.
WAIT, INTERVAL = 2, 4
#: Alert, and when it starts and ends, in seconds.
COURSE = (
    ("ErrorRateCritical", 0, 7),
    # In the group already: told at its next look.
    ("AvailabilityErrorBudgetBurnFast", 4, 12),
    # Ended and came again between two looks: nothing new.
    ("ErrorRateCritical", 8, 12),
    # Told once the worse level has ended.
    ("ApiLatencyCritical", 0, 8),
    ("ApiLatencyHigh", 0, 12),
    # Over before the first look.
    ("DiskFullWithinHours", 4, 5),
)
GROUPS_THAT_TELL = 3
ALERTS = {alert.name: alert for group in GROUPS for alert in group.alerts}


@dataclass
class Receiver:
    """Hears of alerts: when each is new in the messages of its group, and how many groups were over."""

    told: list[tuple[str, float]] = field(default_factory=list)
    over: int = 0
    firing: dict[str, set[str]] = field(default_factory=dict)

    def answer(self, _method: str, _path: str, _headers: Message, body: bytes) -> Answer:
        message = json.loads(body)
        firing = {alert["labels"]["alertname"] for alert in message["alerts"] if alert["status"] == "firing"}
        new = firing - self.firing.get(message["groupKey"], set())
        self.told += [(name, time()) for name in sorted(new)]
        self.over += not firing
        self.firing[message["groupKey"]] = firing
        return Answer()


def configuration() -> dict[str, Any]:
    """Return what is generated, with waits of seconds and one receiver."""
    document = alertmanager(CATALOG, GROUPS)[CONFIGURATION]
    assert isinstance(document, YamlDocument)
    assert isinstance(document.content, dict)
    return {
        "route": hurried(document.content["route"]),
        "inhibit_rules": document.content["inhibit_rules"],
        "receivers": [{"name": "all"}],
    }


def hurried(route: dict[str, Any]) -> dict[str, Any]:
    waits = {"group_wait": f"{WAIT}s", "group_interval": f"{INTERVAL}s"}
    return {
        **route,
        **{key: waits[key] for key in waits if key in route},
        "receiver": "all",
        "routes": [hurried(branch) for branch in route.get("routes", ())],
    }


@contextmanager
def running(directory: Path, content: dict[str, Any], receiver: str) -> Iterator[str]:
    """Run Alertmanager while the block runs, and yield the address for alerts."""
    hook = {"name": "all", "webhook_configs": [{"url": receiver, "send_resolved": True}]}
    file = directory / "alertmanager.yml"
    file.write_text(yaml.safe_dump({**content, "receivers": [hook]}), encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    command = (
        find_programs().alertmanager,
        f"--config.file={file}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    )
    child = start("alertmanager", command, os.environ, directory / "log")
    try:
        child.wait_ready(f"{url}/-/ready", 30)
        yield f"{url}/api/v2/alerts"
    finally:
        child.stop()


def labels(name: str) -> dict[str, str]:
    return {**PLACE, **ALERTS[name].labels(CATALOG), "alertname": name}


def send(url: str, name: str, starts: float, ends: float) -> None:
    moments = (datetime.fromtimestamp(at, UTC).isoformat() for at in (starts, ends))
    body = [{"labels": labels(name), **dict(zip(("startsAt", "endsAt"), moments, strict=True))}]
    requests.post(url, json=body, timeout=10).raise_for_status()


def played(url: str) -> list[Episode]:
    """Have the alerts fire and end, and return when they really did."""
    begin = time()
    later = timedelta(hours=1).total_seconds()
    events = sorted((at, index) for index, (_, *both) in enumerate(COURSE) for at in both)
    really: dict[int, list[float]] = {}
    for at, index in events:
        sleep(max(0, begin + at - time()))
        moments = really.setdefault(index, [])
        moments.append(time())
        send(url, COURSE[index][0], moments[0], moments[1] if len(moments) > 1 else moments[0] + later)
    return [
        Episode(COURSE[index][0], labels(COURSE[index][0]), round(starts), round(starts), round(ends))
        for index, (starts, ends) in really.items()
    ]


def test_the_same_alerts_make_the_same_messages(tmp_path: Path) -> None:
    content = configuration()
    receiver = Receiver()
    with serving(receiver.answer) as address, running(tmp_path, content, address) as url:
        episodes = played(url)
        wait_until("the end of every group", lambda: receiver.over >= GROUPS_THAT_TELL)
    rules = tuple(map(parse_rule, content["inhibit_rules"]))
    computed = Alertmanager(parse_routes(content["route"], {}), rules, frozenset(), frozenset())
    expected = sorted((told.alert, told.at) for page in computed.pages(episodes) for told in page.told)
    found = sorted(receiver.told)
    assert [name for name, _ in found] == [name for name, _ in expected]
    assert [at for _, at in found] == pytest.approx([at for _, at in expected], rel=0, abs=INTERVAL / 2)
    assert receiver.over == GROUPS_THAT_TELL
