"""A bundle, generated once, that every page begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import payobs
from fences import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``generated/`` as the repository's settings make it."""
    out = tmp_path_factory.mktemp("bundle") / "generated"
    result = payobs("generate", "--config", str(ROOT / "bundle.yaml"), "--out", str(out))
    assert result.code == 0, result.out + result.err
    return out
