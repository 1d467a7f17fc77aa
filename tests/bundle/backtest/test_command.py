"""``payobs backtest``, as somebody types it: wrong questions are refused, missed goals are exit code 1."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from backtest_story import START, WAIT, Evaluated, Story
from command_line import payobs

if TYPE_CHECKING:
    from pathlib import Path

RANGE = ("--from", "2026-01-05T00:00Z", "--to", "2026-01-12T00:00Z")
KNOWN = """\
incidents:
  - {start: 2026-01-05T00:10Z, end: 2026-01-05T00:40Z, priority: P1, incident: high-error-rate, title: Gateway out}
  - {start: 2025-12-05T00:10Z, end: 2025-12-05T00:40Z, priority: P1}
"""


@dataclass
class History:
    """Stands for what a Prometheus remembers: when alerts fired."""

    story: Story
    asked: dict[str, object] = field(default_factory=dict)
    interrupt: bool = False

    def evaluator(self, *_about: object) -> History:
        return self

    def remembered(self, api: object, *when: object) -> Evaluated:
        if self.interrupt:
            raise KeyboardInterrupt
        self.asked = {"api": api, "when": when}
        return Evaluated(self.story.episodes, missing=("job:not_recorded:rate5m",))


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> History:
    story = Story()
    story.fires("ErrorRateCritical", 12, 47)
    story.fires("PlainErrorRatioAbove0_05", 11, 20)
    story.fires("PlainErrorRatioAbove0_05", 21, 30)
    remembered = History(story)
    module = ModuleType("payment_bundle.backtest.evaluation")
    module.Evaluator = remembered.evaluator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return remembered


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bundle.yaml").write_text("", encoding="utf-8")
    (tmp_path / "known.yaml").write_text(KNOWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--prometheus", "http://localhost:9090"), "need --known"),
        (RANGE, "need --known"),
        (("--known", "known.yaml"), "--known needs --from and --to"),
        (("--known", "known.yaml", *RANGE, "--resolution", "often"), "expected a duration such as 30s"),
        (("--known", "known.yaml", "--from", "yesterday", "--to", "2026-01-12"), "--from: expected a time such as"),
        (("--known", "known.yaml", "--from", "2026-01-12", "--to", "2026-01-05"), "must be before --to"),
        (("--known", "known.yaml", "--from", "2024-01-05", "--to", "2024-01-12"), "no incident lies between"),
        (("--known", "nowhere.yaml", *RANGE), "nowhere.yaml: cannot be read"),
        (("--weeks", "0"), "--weeks"),
        (("--output", "xml"), "--output"),
    ],
)
def test_a_wrong_question_is_refused(history: History, arguments: tuple[str, ...], said: str) -> None:
    result = payobs("backtest", *arguments)
    assert result.code == 2
    assert said in " ".join(result.err.replace("│", " ").split())
    assert history.asked == {}


def test_known_incidents_are_judged_by_what_prometheus_remembers(desk: Path, history: History) -> None:
    (desk / "token").write_text("s3cret", encoding="utf-8")
    result = payobs(
        "backtest", "--known", "known.yaml", *RANGE, "--prometheus", "http://there:9090/", "--token-file", "token"
    )
    assert (result.code, result.err) == (0, "")
    assert "Gateway out" in result.out
    assert f"2m{WAIT}s" in result.out
    assert "job:not_recorded:rate5m" in result.out
    assert "outside of that time, left out: 1" in result.out
    assert "s3cret" not in result.out
    api = history.asked["api"]
    assert (getattr(api, "url", ""), getattr(api, "token", "")) == ("http://there:9090", "s3cret")


@pytest.mark.usefixtures("desk")
def test_a_missed_goal_is_exit_code_1_and_is_named(history: History) -> None:
    for start in (1000, 2000):
        history.story.fires("ApiLatencyCritical", start, start + 5)
    result = payobs("backtest", "--known", "known.yaml", *RANGE)
    assert result.code == 1
    assert result.err == "missed: false pages a week: 2.00, wanted: at most 1 (ApiLatencyCritical)\n"


@pytest.mark.usefixtures("history")
def test_reports_are_written_and_json_is_nothing_but_json(desk: Path) -> None:
    result = payobs("backtest", "--known", "known.yaml", *RANGE, "--output", "json", "--out", "found/here")
    assert result.code == 0
    content = json.loads(result.out)
    assert content["start"] == START
    assert content["alerts"]["incidents"][0]["kind"] == "Gateway out"
    files = {file.name: file.read_text(encoding="utf-8") for file in (desk / "found/here").iterdir()}
    assert sorted(files) == ["report.html", "report.json", "report.md"]
    assert files["report.json"] == result.out
    assert all("Gateway out" in text for text in files.values())


@pytest.mark.usefixtures("history")
def test_a_directory_that_cannot_be_written_is_named(desk: Path) -> None:
    (desk / "taken").write_text("", encoding="utf-8")
    result = payobs("backtest", "--known", "known.yaml", *RANGE, "--out", "taken")
    assert result.code == 2
    assert result.err.startswith("payobs: taken/report.md cannot be written")


@pytest.mark.usefixtures("desk")
def test_ctrl_c_ends_it_with_a_word_instead_of_a_traceback(history: History) -> None:
    history.interrupt = True
    result = payobs("backtest", "--known", "known.yaml", *RANGE, "--out", "found")
    assert (result.code, result.out, result.err) == (130, "", "interrupted\n")
