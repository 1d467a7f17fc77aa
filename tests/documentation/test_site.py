"""The site is built without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fences import ROOT

from payment_bundle.reference.pages import pages
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

OPTIONS = ("--fail-on-warning", "--keep-going", "--fresh-env", "--quiet")
LOADED = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["'](?P<address>[^"']+)""")
STYLED = re.compile(r"""(?:url\(|@import )["']?(?P<address>https?:|//)""")


def build(source: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("sphinx-build")
    return subprocess.run(
        [str(program), *OPTIONS, *more, "-d", str(out / "doctrees"), str(source), str(out / "html")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    result = build(ROOT / "docs", out)
    assert result.returncode == 0, result.stdout + result.stderr
    return out / "html"


def test_every_page_is_there(site: Path) -> None:
    for file in (ROOT / "docs").rglob("*.md"):
        assert (site / file.relative_to(ROOT / "docs").with_suffix(".html")).is_file()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    elsewhere = [
        f"{page.name}: {found['address']}"
        for page in site.rglob("*.html")
        for found in LOADED.finditer(page.read_text())
        if found["address"].startswith(("http:", "https:", "//"))
    ]
    assert elsewhere == []
    assert [sheet.name for sheet in site.rglob("*.css") if STYLED.search(sheet.read_text())] == []


def test_the_reference_is_filled(site: Path) -> None:
    for name in pages(build_catalog(Settings())):
        content = (site / f"reference/{name}.html").read_text()
        assert content.count("<tr") > 3, name
    assert "payments_total" in (site / "reference/metrics.html").read_text()
    assert 'id="errorratehigh"' in (site / "reference/alerts.html").read_text()


def test_what_was_not_run_is_listed(site: Path) -> None:
    assert "needs a cluster" in (site / "tested-commands.html").read_text()


def test_a_link_that_leads_nowhere_and_a_page_that_nothing_names_fail(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("conf.py", "filling.py", "fences.py"):
        shutil.copy(ROOT / "docs" / name, source)
    (source / "index.md").write_text("# A\n\n[x](none.md) [y](named.md#none)\n\n```{toctree}\nnamed\n```\n")
    (source / "named.md").write_text("# B\n")
    (source / "unnamed.md").write_text("# C\n")
    result = build(source, tmp_path / "out", "-b", "dummy")
    assert result.returncode == 1
    complaints = [line for line in result.stderr.splitlines() if "WARNING" in line]
    for place, complaint in (("index.md", "none.md"), ("index.md", "'none'"), ("unnamed.md", "toctree")):
        assert [line for line in complaints if place in line and complaint in line], result.stderr
    assert len(complaints) == 3
