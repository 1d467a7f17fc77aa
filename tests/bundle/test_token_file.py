"""A token comes from a file, which holds it alone; nothing that is said about the file shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import payobs

from payment_bundle.token_file import TokenFileError, exposure, read_token

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("text", ["glsa_abc-1~2.3+/=", "glsa_abc-1~2.3+/=\n", "  glsa_abc-1~2.3+/=\r\n"])
def test_blanks_around_it_do_not_count(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    assert read_token(file) == "glsa_abc-1~2.3+/="


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; expected the token, on one line"),
        (b" \n\n", "is empty"),
        (b"secret-one\nsecret-two\n", "has 2 lines; expected the token alone"),
        (b"Bearer secret-one\n", "holds a character that no token has"),
        (b'"secret-one"\n', "holds a character that no token has"),
        (b"secret-\xff\n", "cannot be read"),
    ],
)
def test_a_file_without_one_token_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(TokenFileError) as caught:
        read_token(file)
    assert str(caught.value).startswith(f"--token-file: {file} {said}")
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="nowhere cannot be read"):
        read_token(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o620, True)]
)
def test_a_file_that_others_may_open_is_warned_about(tmp_path: Path, mode: int, warned: bool) -> None:
    file = tmp_path / "token"
    file.write_text("secret")
    file.chmod(mode)
    assert (f"(mode {mode:04o})" in exposure(file)) is warned


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--token-file", "{empty}"), "is empty"),
        (("--url", "https://alice:wonderland@grafana.example.com"), "without name and password"),
        (("--url", "grafana.example.com"), "without name and password"),
        (("--ca-file", "/nowhere"), "/nowhere"),
        (("--timeout", "0"), "--timeout"),
        (("--config", "/nowhere"), "/nowhere"),
    ],
)
@pytest.mark.parametrize("command", ["push", "diff"])
def test_bad_usage_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(ROOT)
    empty = tmp_path / "token"
    empty.touch()
    typed = [argument.format(empty=empty) for argument in arguments]
    result = payobs(command, "grafana", *typed)
    assert result.code == 2
    assert said in " ".join(result.err.replace("│", " ").split())
    assert "wonderland" not in result.err
