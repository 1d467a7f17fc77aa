"""``payobs push grafana`` and ``payobs diff grafana`` against a Grafana that answers as its API is documented."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_line import Result, payobs
from grafana_stub import TOKEN, StubGrafana, stub_grafana
from stub_server import Answer

from payment_bundle.grafana.api import GrafanaApi
from payment_bundle.grafana.command import PushOptions, generated_dashboards, surplus
from payment_bundle.grafana.command import push as push_dashboards
from payment_bundle.grafana.connection import GrafanaError, Server
from payment_bundle.grafana.plan import home_of
from payment_catalog.catalog import build_catalog
from payment_catalog.loading import load_settings
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
OVERVIEW = "payment-service"
FOLDER, FOLDER_UID = "Payments", "payment-observability"
HOME = home_of(Settings())


@cache
def wanted() -> dict[str, Any]:
    """Return every dashboard that is generated, by its uid."""
    return generated_dashboards(build_catalog(load_settings(ROOT / "bundle.yaml")))


class Desk:
    """Where somebody types the commands."""

    def __init__(self, grafana: StubGrafana, directory: Path) -> None:
        self.grafana = grafana
        self.directory = directory
        self.token_file = directory / "token"
        self.token_file.write_text(f"{TOKEN}\n")
        self.token_file.chmod(0o600)

    def _to_grafana(self, command: str, *arguments: str) -> Result:
        known = ("--config", str(ROOT / "bundle.yaml"), "--url", self.grafana.url, "--token-file", str(self.token_file))
        result = payobs(command, "grafana", *known, *arguments)
        assert TOKEN not in result.out + result.err
        return result

    def push(self, *arguments: str) -> Result:
        return self._to_grafana("push", *arguments)

    def diff(self, *arguments: str) -> Result:
        return self._to_grafana("diff", *arguments)


@pytest.fixture
def grafana() -> Iterator[StubGrafana]:
    with stub_grafana() as server:
        yield server


@pytest.fixture
def desk(grafana: StubGrafana, tmp_path: Path) -> Desk:
    return Desk(grafana, tmp_path)


@pytest.fixture
def pushed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A Grafana that has everything, and has forgotten the requests; the dashboards are generated once."""
    monkeypatch.setattr("payment_bundle.grafana.command.generated_dashboards", lambda _: wanted())
    assert desk.push().code == 0
    desk.grafana.requests.clear()
    return desk


def moved_threshold(content: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    panel = next(panel for panel in changed["panels"] if panel["title"] == "Error rate")
    panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] = 0.04
    return changed


def as_pushed_before(grafana: StubGrafana) -> None:
    """Have an older overview there that payobs pushed."""
    board = grafana.boards[OVERVIEW]
    board.content = moved_threshold(board.content)
    board.revisions[-1]["message"] = "payobs push 0123456789abcdef"


def test_an_empty_grafana_gets_the_folder_and_every_dashboard(desk: Desk) -> None:
    result = desk.push()
    assert result.code == 0
    assert result.err == ""
    assert desk.grafana.folders == {FOLDER_UID: FOLDER}
    assert {uid: as_sent(board.content) for uid, board in desk.grafana.boards.items()} == {
        uid: as_sent(content) for uid, content in wanted().items()
    }
    folder, *dashboards = desk.grafana.written()
    assert folder.body == {"uid": FOLDER_UID, "title": FOLDER}
    for request in dashboards:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.body["folderUid"] == FOLDER_UID
        assert request.body["overwrite"] is False
        assert request.body["dashboard"]["version"] == 0
        assert request.body["message"].startswith("payobs push ")
        assert f"  + {request.body['dashboard']['uid']}: created" in result.out.splitlines()
    assert result.out.splitlines()[-1].endswith(f"{len(wanted())} created")


def as_sent(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dashboard without what Grafana counts."""
    return {key: value for key, value in content.items() if key not in {"id", "version"}}


def test_a_second_push_sends_nothing_and_says_so(pushed: Desk) -> None:
    result = pushed.push()
    assert result.code == 0
    assert pushed.grafana.written() == []
    assert f"nothing to send, all {len(wanted())} dashboards are as generated" in result.out
    assert pushed.diff().code == 0


def test_only_what_changed_is_sent_with_the_version_that_it_replaces(pushed: Desk) -> None:
    as_pushed_before(pushed.grafana)
    result = pushed.push()
    assert result.code == 0
    (request,) = pushed.grafana.written()
    assert request.body["dashboard"]["uid"] == OVERVIEW
    assert request.body["dashboard"]["version"] == 1
    assert request.body["overwrite"] is False
    assert f"  ~ {OVERVIEW}: updated" in result.out
    assert "      panel 'Error rate': threshold 0.04 -> 0.05 (red)" in result.out.splitlines()
    assert "unchanged" in result.out.splitlines()[-1]


def test_a_difference_is_told_and_nothing_sent(pushed: Desk) -> None:
    as_pushed_before(pushed.grafana)
    result = pushed.diff()
    assert result.code == 1
    assert pushed.grafana.written() == []
    assert f"  ~ dashboard {OVERVIEW}: panel 'Error rate': threshold 0.04 -> 0.05 (red)" in result.out.splitlines()
    assert result.out.endswith(f": 1 difference in {len(wanted())} dashboards\n")


def test_a_dry_run_only_asks(desk: Desk) -> None:
    result = desk.push("--dry-run")
    assert result.code == 0
    assert desk.grafana.written() == []
    assert f"  + {OVERVIEW}: would be created" in result.out
    assert "nothing sent" in result.out


def test_what_somebody_saved_in_grafana_is_kept_unless_forced(pushed: Desk) -> None:
    pushed.grafana.save_by_hand(OVERVIEW, "more\x1b[31m room", title="Ours")
    result = pushed.push()
    assert result.code == 1
    assert pushed.grafana.written() == []
    assert f"  ! {OVERVIEW}: alice saved version 2 at 2026-11-25T10:00:00Z ('more [31m room') in Grafana;" in result.out
    assert "--force overwrites it" in result.out
    assert """title "Ours" -> "Payment service\"""" in result.out
    told = pushed.diff()
    assert told.code == 1
    assert (
        f"  (dashboard {OVERVIEW}: alice saved version 2 at 2026-11-25T10:00:00Z ('more [31m room') in Grafana)\n"
        in told.out
    )
    assert told.out.endswith(f": 1 difference in {len(wanted())} dashboards\n")
    forced = pushed.push("--force")
    assert forced.code == 0
    (request,) = pushed.grafana.written()
    assert request.body["dashboard"]["version"] == 2
    assert request.body["overwrite"] is False
    assert pushed.push().code == 0


def test_a_dashboard_of_the_same_uid_that_was_never_ours_is_a_conflict(desk: Desk) -> None:
    desk.grafana.put({"uid": OVERVIEW, "title": "Mine", "panels": []}, "")
    result = desk.push()
    assert result.code == 1
    assert f"  ! {OVERVIEW}: bob saved version 1" in result.out
    assert "is in no folder, belongs into the folder 'payment-observability'" in result.out
    assert desk.grafana.boards[OVERVIEW].content["title"] == "Mine"


def test_what_grafana_makes_of_a_dashboard_by_itself_is_no_difference(pushed: Desk) -> None:
    def migrate(content: dict[str, Any]) -> None:
        content["schemaVersion"] = 42
        content["preload"] = False

    pushed.grafana.migrates = migrate
    assert pushed.diff().code == 0
    assert pushed.push().code == 0
    assert pushed.grafana.written() == []


def test_without_the_right_to_read_the_history_a_change_is_a_conflict(pushed: Desk) -> None:
    as_pushed_before(pushed.grafana)
    pushed.grafana.may_read_history = False
    result = pushed.push()
    assert result.code == 1
    assert "its history cannot be read" in result.out
    assert pushed.push("--force").code == 0


def test_a_dashboard_that_grafana_loads_from_a_file_is_left_to_it(desk: Desk) -> None:
    content = {**wanted()[OVERVIEW], "uid": OVERVIEW}
    desk.grafana.put(content, "chart", provisioned="payment-service.json")
    assert f"  = {OVERVIEW}: unchanged" in desk.push().out
    desk.grafana.put(moved_threshold(content), "chart", provisioned="payment-service.json")
    result = desk.push("--force")
    assert result.code == 1
    assert f"  ! {OVERVIEW}: Grafana loads it from a file (payment-service.json) and saves no other" in result.out


def test_a_folder_that_people_renamed_stays_renamed(pushed: Desk) -> None:
    pushed.grafana.folders[FOLDER_UID] = "Zahlungen"
    result = pushed.push()
    assert result.code == 0
    assert "is called 'Zahlungen' in Grafana; left so" in result.out
    assert pushed.grafana.written() == []


def test_a_folder_of_somebody_else_with_that_title_is_explained(desk: Desk) -> None:
    desk.grafana.folders["other"] = FOLDER
    result = desk.push()
    assert result.code == 1
    assert "another folder has the title 'Payments'" in result.err
    assert desk.push("--folder", "Payments (generated)").code == 0
    assert desk.grafana.folders[FOLDER_UID] == "Payments (generated)"


def test_leftovers_are_listed_and_removed_only_on_request(pushed: Desk) -> None:
    grafana = pushed.grafana
    tags = ["payment", "payobs"]
    grafana.put({"uid": "payment-old", "title": "Old", "tags": tags}, FOLDER_UID, "payobs push 0123456789abcdef")
    grafana.put({"uid": "payment-kept", "title": "Kept", "tags": tags}, FOLDER_UID, "my notes")
    grafana.put({"uid": "payment-elsewhere", "title": "Copy", "tags": tags}, "other", "payobs push 01")
    grafana.put({"uid": "refund-desk", "title": "An extension's", "tags": tags}, FOLDER_UID, "payobs push 02")
    grafana.put({"uid": "theirs", "title": "Theirs", "tags": tags}, FOLDER_UID, "my copy")
    grafana.put({"uid": "payment-untagged", "title": "Untagged", "tags": []}, FOLDER_UID, "payobs push 01")
    listed = pushed.push()
    assert listed.code == 0
    for uid in ("payment-old", "refund-desk"):
        assert f"  - {uid}: is no longer generated; --prune removes it" in listed.out
    assert pushed.diff().code == 1
    assert pushed.push("--prune", "--dry-run").code == 1
    assert grafana.written() == []
    pruned = pushed.push("--prune")
    assert pruned.code == 1
    assert "  - payment-old: removed" in pruned.out
    assert "  ! payment-kept: is no longer generated, but bob saved version 1" in pruned.out
    assert set(grafana.boards) == {*wanted(), "payment-kept", "payment-elsewhere", "theirs", "payment-untagged"}
    assert pushed.push("--prune", "--force").code == 0
    assert set(grafana.boards) == {*wanted(), "payment-elsewhere", "theirs", "payment-untagged"}


def test_leftovers_of_a_fleets_service_are_known_by_its_name(grafana: StubGrafana) -> None:
    home = home_of(Settings(service="billing"))
    for uid in ("billing", "billing-old", "billings"):
        grafana.put({"uid": uid, "title": uid, "tags": ["payobs"]}, home.folder.uid, "my notes")
    with GrafanaApi(Server(grafana.url, TOKEN, timeout=5, pause=0)) as api:
        assert [hit.uid for hit in surplus({"billing": {}}, api, home)] == ["billing-old"]


def test_a_dashboard_of_somebody_else_with_that_title_is_explained(grafana: StubGrafana) -> None:
    grafana.put({"uid": "copy", "title": "payment-b"}, FOLDER_UID)
    done, said = push_three(grafana)
    assert not done
    (line,) = (line for line in said if line.startswith("  !"))
    assert line.startswith("  ! payment-b: ")
    assert line.endswith("another dashboard of this folder has the same title; rename or move that one")
    assert said[-1] == f"{grafana.url}: 2 created, 1 not pushed"


def test_a_save_whose_answer_was_lost_is_done(desk: Desk) -> None:
    """The first request was acted upon, a proxy answered with 502, and the repeated one finds the dashboard there."""
    desk.grafana.folders[FOLDER_UID] = FOLDER
    uid = next(iter(wanted()))
    desk.grafana.answer_with("GET", f"/api/dashboards/uid/{uid}", Answer(404, {"message": "Dashboard not found"}))
    desk.grafana.put({**wanted()[uid], "uid": uid}, FOLDER_UID, "payobs push 01")
    result = desk.push()
    assert result.code == 0
    assert f"  + {uid}: created" in result.out


def test_somebody_saving_meanwhile_is_noticed(pushed: Desk) -> None:
    as_pushed_before(pushed.grafana)
    old = Answer(
        200, {"dashboard": {**pushed.grafana.boards[OVERVIEW].content, "version": 1}, "meta": {"folderUid": ""}}
    )
    pushed.grafana.save_by_hand(OVERVIEW, title="Ours")
    pushed.grafana.answer_with("GET", f"/api/dashboards/uid/{OVERVIEW}", old)
    result = pushed.push()
    assert result.code == 1
    assert "(412: The dashboard has been changed by someone else); somebody saved it a moment ago" in result.out
    assert pushed.grafana.boards[OVERVIEW].content["title"] == "Ours"


THREE = {
    uid: {"uid": uid, "title": uid, "tags": ["payobs"], "panels": []} for uid in ("payment-a", "payment-b", "payment-c")
}


def push_three(grafana: StubGrafana) -> tuple[bool, list[str]]:
    said: list[str] = []
    with GrafanaApi(Server(grafana.url, TOKEN, timeout=5, pause=0)) as api:
        return push_dashboards(THREE, api, HOME, PushOptions(), said.append), said


def test_one_refused_dashboard_does_not_keep_the_others_and_a_repeat_mends_it(grafana: StubGrafana) -> None:
    first = Answer(200, {"status": "success"})
    grafana.answer_with("POST", "/api/dashboards/db", first, Answer(422, {"message": "invalid alert"}))
    done, said = push_three(grafana)
    assert not done
    assert [line for line in said if line.startswith("  !")] == [
        f"  ! payment-b: {grafana.url} refuses it (422: invalid alert)"
    ]
    assert said[-1] == f"{grafana.url}: 2 created, 1 not pushed"
    assert push_three(grafana)[0]
    assert set(grafana.boards) == set(THREE)


def test_a_push_that_breaks_off_says_how_far_it_came_and_a_repeat_mends_it(grafana: StubGrafana) -> None:
    grafana.answer_with("GET", "/api/dashboards/uid/payment-b", Answer(401, {"message": "Expired API key"}))
    said: list[str] = []
    with (
        GrafanaApi(Server(grafana.url, TOKEN, timeout=5, pause=0)) as api,
        pytest.raises(GrafanaError, match="does not accept the token"),
    ):
        push_dashboards(THREE, api, HOME, PushOptions(), said.append)
    assert said[-1] == "broken off; 1 created; run it again for the rest"
    done, again = push_three(grafana)
    assert done
    assert again[-1] == f"{grafana.url}: 2 created, 1 unchanged"


def test_ctrl_c_says_how_far_it_came_and_a_repeat_mends_it(grafana: StubGrafana) -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line == "  + payment-b: created":
            raise KeyboardInterrupt

    with GrafanaApi(Server(grafana.url, TOKEN, timeout=5)) as api:
        assert not push_dashboards(THREE, api, HOME, PushOptions(), say)
    assert said[-1].startswith("interrupted; 1 created")
    assert push_three(grafana)[0]
    assert set(grafana.boards) == set(THREE)
