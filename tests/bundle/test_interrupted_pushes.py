"""Every push against a server that fails from any request on: one clear line, and a repeat mends what is half done.

The servers are stubs that check what they are sent. ``unheard`` is a request that is not acted upon, ``unanswered`` one
that is, and whose answer gets lost. What is sent is a part of what is generated, so that hundreds of pushes are cheap.
"""

from __future__ import annotations

import copy
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import elasticsearch_objects_stub
import grafana_stub
import kibana_stub
import mimir_stub
import pytest
from command_line import Result, payobs
from stub_server import Answer
from urllib3.util.retry import Retry

from payment_bundle.grafana.command import generated_dashboards
from payment_bundle.ruler.routing import tenant_routing
from payment_bundle.ruler.wanted import wanted_groups
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

HANG = "hang"
PRODUCT = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}
BEHAVIOURS: dict[str, Answer | str] = {
    **{
        str(status): Answer(status, {"message": "the stub says no", "error": "the stub says no"}, PRODUCT)
        for status in (401, 404, 409, 412, 429, 500)
    },
    "garbage": Answer(200, b"<html>Log in</html>", {"Content-Type": "text/html"}),
    HANG: HANG,
}


@dataclass
class Trouble:
    """Stands before a stub: from its ``first`` request on (from 0), it gives ``behaviour`` instead of the answer."""

    answer: Callable[..., Answer | None]
    behaviour: Answer | str = ""
    first: int = 0
    heard: bool = False
    requests: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *request: Any) -> Answer | None:
        self.requests += 1
        number = self.requests - 1
        if not self.behaviour or number < self.first:
            return self.answer(*request)
        if self.heard and number == self.first:
            self.answer(*request)
        if isinstance(self.behaviour, Answer):
            return self.behaviour
        return Answer(200, {}, after=self.ended)

    def over(self) -> None:
        """Have the server recover."""
        self.behaviour = ""
        self.ended.set()


@dataclass(frozen=True)
class Part:
    """A part of what is generated."""

    dashboards: dict[str, Any]
    groups: tuple[Any, ...]
    routing: Any


@pytest.fixture(scope="module")
def part() -> Part:
    catalog = build_catalog(Settings())
    dashboards = generated_dashboards(catalog)
    return Part(
        {uid: dashboards[uid] for uid in ("payment-service", "payment-backup")},
        wanted_groups(catalog)[:3],
        tenant_routing(catalog, lambda _: "a-credential"),
    )


@dataclass(frozen=True)
class Kind:
    """A server: its stub, what it asks for, and what it has in the end."""

    serve: Callable[[], AbstractContextManager[Any]]
    secret: str
    options: tuple[str, ...]
    state: Callable[[Any], Any]


KINDS = {
    "grafana": Kind(
        grafana_stub.stub_grafana,
        grafana_stub.TOKEN,
        ("--token-file",),
        lambda stub: (stub.folders, {uid: (board.content, board.folder_uid) for uid, board in stub.boards.items()}),
    ),
    "elasticsearch": Kind(
        elasticsearch_objects_stub.stub_elasticsearch,
        elasticsearch_objects_stub.KEY,
        ("--api-key-file",),
        lambda stub: (stub.objects, stub.streams),
    ),
    "kibana": Kind(kibana_stub.stub_kibana, kibana_stub.KEY, ("--api-key-file",), lambda stub: stub.spaces),
    "rules": Kind(
        mimir_stub.stub_mimir,
        mimir_stub.TOKEN,
        ("--tenant", mimir_stub.TENANT, "--token-file"),
        lambda stub: stub.rules,
    ),
    "alertmanager": Kind(
        mimir_stub.stub_mimir,
        mimir_stub.TOKEN,
        ("--tenant", mimir_stub.TENANT, "--token-file"),
        lambda stub: stub.routing,
    ),
}


@dataclass
class Target:
    """A push, and the server behind it."""

    name: str
    kind: Kind
    stub: Any
    directory: Path

    @property
    def state(self) -> Any:
        return self.kind.state(self.stub)

    def push(self, timeout: float = 30) -> Result:
        key, config = self.directory / "key", self.directory / "bundle.yaml"
        key.write_text(self.kind.secret)
        key.chmod(0o600)
        config.touch()
        known = ("--config", str(config), "--url", self.stub.url, "--timeout", str(timeout))
        result = payobs("push", self.name, *known, *self.kind.options, str(key))
        assert self.kind.secret not in result.out + result.err
        return result


@pytest.fixture
def make(part: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Target]]:
    monkeypatch.setattr("payment_bundle.grafana.command.generated_dashboards", lambda _: part.dashboards)
    monkeypatch.setattr("payment_bundle.ruler.wanted.wanted_groups", lambda _: part.groups)
    monkeypatch.setattr("payment_bundle.ruler.routing.tenant_routing", lambda *_: part.routing)
    monkeypatch.setattr(Retry, "sleep", lambda *_: None)
    with ExitStack() as stubs:
        yield lambda name: Target(name, KINDS[name], stubs.enter_context(KINDS[name].serve()), tmp_path)


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, tuple[Any, int]]:
    """What each server has after a push that nothing disturbed, and how many requests that took; as it is found out."""
    return {}


@pytest.mark.parametrize("heard", [False, True], ids=["unheard", "unanswered"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("name", KINDS)
def test_a_push_that_fails_says_so_and_a_repeat_mends_it(
    make: Callable[[str], Target], undisturbed: dict[str, tuple[Any, int]], name: str, behaviour: str, *, heard: bool
) -> None:
    if name not in undisturbed:
        target = make(name)
        counted = target.stub.answer = Trouble(target.stub.answer)
        assert target.push().code == 0
        undisturbed[name] = copy.deepcopy(target.state), counted.requests
    expected, requests = undisturbed[name]
    for first in (requests // 2, requests - 1) if heard else (0, requests // 2):
        target = make(name)
        trouble = target.stub.answer = Trouble(target.stub.answer, BEHAVIOURS[behaviour], first, heard)
        failed = target.push(timeout=0.5 if behaviour == HANG else 30)
        trouble.over()
        assert failed.code == 1, (first, failed)
        assert said(failed), (first, failed)
        assert "Traceback" not in failed.err
        repeated = target.push()
        assert repeated.code == 0, (first, repeated)
        assert target.state == expected, first


def said(result: Result) -> bool:
    """Whether the reader is told: by one line of error that names the address, or by lines of what is not pushed."""
    if result.err:
        return result.err.count("\n") == 1 and "127.0.0.1" in result.err
    return any(line.startswith("  ! ") for line in result.out.splitlines())
