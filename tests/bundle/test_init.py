"""``payobs init``: the first settings, asked for or taken from flags."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from command_line import payobs
from pydantic import BaseModel

from payment_bundle.init.answers import Answers, questions, settings_of
from payment_bundle.init.document import commented
from payment_catalog.loading import load_settings
from payment_catalog.settings import Settings
from payment_catalog.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USUAL = Settings()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keys(value: Any, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {path} | {found for key, each in value.items() for found in keys(each, f"{path}.{key}")}


def written(home: Path) -> Settings:
    return load_settings(home / "bundle.yaml")


def test_without_answers_the_file_means_the_defaults_and_has_every_key(home: Path) -> None:
    result = payobs("init", "--yes")
    assert result.code == 0, result.err
    settings = written(home)
    assert settings.model_copy(update={"thresholds": {}}) == USUAL
    assert {key: settings.threshold(key) for key in THRESHOLDS} == THRESHOLDS
    plain = yaml.safe_load((home / "bundle.yaml").read_text(encoding="utf-8"))
    assert keys(USUAL.model_dump(mode="json")) <= keys(plain)


def test_every_key_is_described_by_the_settings_own_words(home: Path) -> None:
    payobs("init", "--yes")
    text = " ".join((home / "bundle.yaml").read_text(encoding="utf-8").replace("#", " ").split())

    def descriptions(section: BaseModel) -> set[str]:
        found = {field.description or "" for field in type(section).model_fields.values()}
        values = [getattr(section, name) for name in type(section).model_fields]
        inner = [each for value in values for each in (value.values() if isinstance(value, dict) else (value,))]
        return found.union(*(descriptions(each) for each in inner if isinstance(each, BaseModel)))

    wanted = {" ".join(words.replace("``", "").replace("#", " ").split()) for words in descriptions(USUAL)}
    assert len(wanted) > 40
    assert {words for words in wanted if words not in text} == set()
    assert all(threshold.source in text for threshold in THRESHOLDS.values())


def test_the_file_reads_well() -> None:
    lines = commented(USUAL).splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[0] == "# yaml-language-server: $schema=generated/schema/bundle.schema.json"
    above = lines[lines.index("service: payment-service") - 1]
    assert above.startswith("# Name of the service: its job in Prometheus")
    assert "    P0: [pager, slack-oncall]" in lines
    assert "  error_ratio: {warning: 0.01, critical: 0.05}" in lines


def test_flags_answer(home: Path) -> None:
    flags = {
        "service": "shop",
        "namespace": "trade",
        "environment": "staging",
        "grafana": "https://g.example.com",
        "prometheus": "https://p.example.com",
        "slack-channel": "#shop",
        "email": "shop@example.com",
        "pager": "webhook",
        "pager-url": "https://pager.example.com/hook",
    }
    assert payobs("init", *(word for flag, value in flags.items() for word in (f"--{flag}", value))).code == 0
    settings = written(home)
    assert (settings.service, settings.namespace) == ("shop", "trade")
    assert settings.environments["staging"].service == ("shop:8080",)
    assert (settings.urls.grafana, settings.urls.prometheus) == ("https://g.example.com", "https://p.example.com")
    contacts = settings.contact_points.values()
    assert {contact.channel for contact in contacts if contact.type == "slack"} == {"#shop"}
    assert {contact.to for contact in contacts if contact.type == "email"} == {"shop@example.com"}
    assert {contact.url for contact in contacts if contact.type == "webhook"} == {"https://pager.example.com/hook"}
    assert not [contact for contact in contacts if contact.type == "pagerduty"]


def test_without_a_pager_the_others_are_told_alone(home: Path) -> None:
    assert payobs("init", "--pager", "none").code == 0
    settings = written(home)
    assert "pager" not in settings.contact_points
    assert settings.routing.priorities["P0"] == ("slack-oncall",)
    assert all(names for names in settings.routing.priorities.values())


@pytest.mark.parametrize("pager", ["pagerduty", "webhook", "email", "none"])
def test_every_pager_gives_settings_that_hold_together(pager: str) -> None:
    answers = {question.key: question.default for question in questions(USUAL)} | {"pager": pager}
    assert settings_of(Answers(**answers), USUAL).routing.named


def test_there_is_a_question_for_each_answer() -> None:
    assert [question.key for question in questions(USUAL)] == [field.name for field in fields(Answers)]
    assert [question.key for question in questions(USUAL) if question.problem(question.default)] == []


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--service", "My Shop"), "--service: 'My Shop' cannot be: lower-case letters, digits and hyphens"),
        (("--grafana", "https://me:secret@g.example.com"), "--grafana: "),
        (("--pager", "pigeon"), "--pager: 'pigeon' cannot be: one of pagerduty, webhook, email, none"),
        (("--slack-channel", "shop"), "with its # or @"),
        (("--service", "payment-exporter"), "exporter"),
        (("--email", "nobody\nP0: []"), "--email: "),
        (("nowhere/bundle.yaml",), "there is no directory nowhere"),
        (("--environment", "monitoring"), "monitoring"),
    ],
)
def test_a_wrong_flag_is_explained_and_nothing_is_written(home: Path, flags: tuple[str, ...], says: str) -> None:
    result = payobs("init", *flags)
    assert result.code == 2
    assert says in result.err
    assert "Traceback" not in result.err
    assert list(home.iterdir()) == []


def test_a_file_that_is_there_is_kept(home: Path) -> None:
    file = home / "bundle.yaml"
    file.write_text("service: mine\n", encoding="utf-8")
    result = payobs("init", "--yes")
    assert result.code == 2
    assert "bundle.yaml is there already; --force replaces it" in result.err
    assert file.read_text(encoding="utf-8") == "service: mine\n"
    assert payobs("init", "--yes", "--force").code == 0
    assert written(home).service == "payment-service"


def test_a_link_that_leads_nowhere_is_not_followed(home: Path) -> None:
    (home / "bundle.yaml").symlink_to(home / "elsewhere.yaml")
    assert payobs("init", "--yes").code == 2
    assert not (home / "elsewhere.yaml").exists()


def test_a_dry_run_prints_the_file_alone(home: Path) -> None:
    result = payobs("init", "--dry-run", "--service", "shop")
    assert (result.code, result.err) == (0, "")
    assert yaml.safe_load(result.out)["service"] == "shop"
    assert list(home.iterdir()) == []


def test_it_says_what_is_left_and_what_comes_next(home: Path) -> None:
    out = payobs("init", "mine.yaml", "--grafana", "https://g.example.com").out
    assert out.startswith("mine.yaml: written\nstill examples: registry, urls.service, ")
    assert "urls.grafana" not in out
    assert out.endswith("next:\n  payobs generate --config mine.yaml\n  payobs check --config mine.yaml\n")
    assert (home / "mine.yaml").is_file()


def press_ctrl_c(program: subprocess.Popen[bytes], terminal: int) -> None:
    del terminal
    program.send_signal(signal.SIGINT)


def press_ctrl_d(program: subprocess.Popen[bytes], terminal: int) -> None:
    del program
    os.write(terminal, b"\x04")


def conversation(
    home: Path, *typed: str, end: Callable[[subprocess.Popen[bytes], int], None] | None = None
) -> tuple[int, str]:
    """Run the command at a terminal, type lines, and return how it ended and what was shown."""
    mine, terminal = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "payment_bundle", "init"],
        cwd=home,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        close_fds=True,
    )
    os.close(terminal)
    shown = b""
    try:
        for line in typed:
            shown += _until_asked(mine)
            os.write(mine, f"{line}\n".encode())
        if end:
            shown += _until_asked(mine)
            end(program, mine)
        while chunk := _read(mine):
            shown += chunk
        return program.wait(timeout=60), shown.decode()
    finally:
        program.kill()
        program.wait()
        os.close(mine)


def _until_asked(terminal: int) -> bytes:
    shown = b""
    while not shown.rstrip().endswith(b"]:") and (chunk := _read(terminal)):
        shown += chunk
    return shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_at_a_terminal_it_asks_and_asks_again(home: Path) -> None:
    code, shown = conversation(home, "My Shop", "shop", *[""] * 7, "none", "", "")
    assert code == 0, shown
    assert "'My Shop' cannot be: lower-case letters, digits and hyphens" in shown
    assert "webhook]" not in shown
    assert written(home).service == "shop"
    assert "pager" not in written(home).contact_points


@pytest.mark.parametrize("end", [press_ctrl_c, press_ctrl_d])
def test_ctrl_c_and_the_end_of_the_input_write_nothing(
    home: Path, end: Callable[[subprocess.Popen[bytes], int], None]
) -> None:
    code, shown = conversation(home, "shop", end=end)
    assert code == 130, shown
    assert "interrupted: nothing was written" in shown
    assert list(home.iterdir()) == []
