"""The lock files of what is installed on its own: complete, with hashes, and the versions that the tests ran with."""

from __future__ import annotations

import re
import tomllib

import pytest
from dockerfile import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)(\[[a-z,]+\])?==(?P<version>[^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}", re.MULTILINE)


def pinned(lock: str) -> dict[str, str]:
    """The version of each distribution that the lock file names."""
    return {found["name"]: found["version"] for found in _PINNED.finditer((ROOT / lock).read_text())}


def wanted(*requirements: str) -> set[str]:
    return {re.split(r"[\[>=<;~! ]", it)[0].lower().replace("_", "-") for it in requirements}


@pytest.mark.parametrize("extra", ["archive", "exporter"])
def test_everything_that_the_extra_needs_is_pinned_with_hashes(extra: str) -> None:
    lock = f"requirements/{extra}.txt"
    assert wanted(*PROJECT["dependencies"], *PROJECT["optional-dependencies"][extra]) <= pinned(lock).keys()
    content = (ROOT / lock).read_text()
    starts = [found.start() for found in _PINNED.finditer(content)]
    sections = [content[start:end] for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]
    assert [section.split(" ")[0] for section in sections if not _HASH.search(section)] == []


@pytest.mark.parametrize("extra", ["archive", "exporter"])
def test_versions_are_those_that_the_tests_ran_with(extra: str) -> None:
    developed = pinned("requirements/dev.txt")
    locked = pinned(f"requirements/{extra}.txt")
    assert {name: version for name, version in locked.items() if developed.get(name) != version} == {}
