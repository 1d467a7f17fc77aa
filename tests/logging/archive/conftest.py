"""A server for the archive, and somebody who types the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archive_desk import Desk
from s3_server import CREDENTIALS, NOBODY, S3Server, s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    for name, value in {**NOBODY, **CREDENTIALS}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with s3_server() as server:
        yield server


@pytest.fixture
def desk(s3: S3Server, tmp_path: Path) -> Desk:
    return Desk(s3, tmp_path)
