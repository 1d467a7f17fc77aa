"""Basic authentication over real connections."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import bcrypt
import pytest
import requests
from exporter.test_web_server import get, serving

from payment_exporter.web import authentication
from payment_exporter.web.authentication import PasswordCheck, basic_credentials

if TYPE_CHECKING:
    from pathlib import Path


def hashed(password: str, prefix: bytes = b"2b") -> str:
    """Return a hash at bcrypt's least cost."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4, prefix)).decode().replace("$2b$", "$2y$")


@pytest.fixture
def users(tmp_path: Path) -> Path:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users:\n  prometheus: {hashed('right')}\n  müller: {hashed('grün')}\n")
    return file


def status(port: int, user: str, password: str) -> int:
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return get(port, Authorization=f"Basic {token}").status_code


def test_who_has_the_password_passes_and_nobody_else(users: Path) -> None:
    with serving(users) as port:
        for _ in range(2):  # then from what is remembered
            assert status(port, "prometheus", "right") == 200
            assert status(port, "müller", "grün") == 200
            assert status(port, "prometheus", "wrong") == 401
            assert status(port, "prometheus", "") == 401
            assert status(port, "prometheus", "grün") == 401
            assert status(port, "nobody", "right") == 401
            assert status(port, "", "") == 401


def test_every_path_asks_and_says_how(users: Path) -> None:
    with serving(users) as port:
        for path in ("/", "/-/healthy", "/nowhere"):
            answer = get(port, path)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Basic bm9jb2xvbg==", "Basic /zpx", "Bearer cHJvbWV0aGV1czpyaWdodA=="]
)
def test_a_header_that_is_none_is_refused(users: Path, header: str) -> None:
    with serving(users) as port:
        assert get(port, Authorization=header).status_code == 401


def test_users_follow_the_file(users: Path) -> None:
    with serving(users) as port:
        assert status(port, "prometheus", "right") == 200
        users.write_text(f"basic_auth_users: {{prometheus: {hashed('new')}, grafana: {hashed('more')}}}")
        assert status(port, "prometheus", "right") == 401
        assert status(port, "prometheus", "new") == 200
        assert status(port, "grafana", "more") == 200
        users.write_text("basic_auth_users: {prometheus: broken}")
        assert status(port, "prometheus", "new") == 200
        users.write_text("")
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=30).status_code == 200


def test_passwords_are_not_logged(users: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serving(users) as port:
        status(port, "prometheus", "hunter2")
    assert "request refused reason=unauthorized client=127.0.0.1" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_password_is_compared_once_and_guesses_do_not_drive_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def matches(password: bytes, hashed: bytes) -> bool:
        compared.append(password)
        return password == hashed

    monkeypatch.setattr(authentication, "_matches", matches)

    async def compare() -> None:
        check = PasswordCheck()
        assert all(await asyncio.gather(*(check.is_right(b"a", b"a") for _ in range(10))))
        for number in range(1000):
            assert not await check.is_right(str(number).encode(), b"a")
        assert await check.is_right(b"a", b"a")
        assert not await check.is_right(b"999", b"a")

    asyncio.run(compare())
    assert compared.count(b"a") <= 2
    assert compared.count(b"999") == 1
    assert len(compared) <= 1002


def test_a_long_password_is_compared_as_go_does() -> None:
    password = "x" * 80
    stored = bcrypt.hashpw(password[:72].encode(), bcrypt.gensalt(4))
    assert asyncio.run(PasswordCheck().is_right(password.encode(), stored))


def test_a_password_may_have_a_colon() -> None:
    credentials = basic_credentials(b"basic " + base64.b64encode(b"a:b:c"))
    assert credentials is not None
    assert (credentials.user, credentials.password) == ("a", b"b:c")
