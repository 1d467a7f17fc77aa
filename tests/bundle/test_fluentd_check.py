"""The check of Fluentd's configuration sees generated, edited and added files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.fluentd_check import configuration_findings

if TYPE_CHECKING:
    from pathlib import Path

RENDERED = {
    "fluentd/fluent.conf": b"@include parts/*.conf\n<match a>\n  @type null\n</match>\n",
    "fluentd/parts/in.conf": b"<source>\n  @type sample\n  tag a\n</source>\n",
    "fluentd/notes.txt": b"<",
    "prometheus/prometheus.yml": b"<",
}


def test_what_is_generated_is_checked_as_a_whole(tmp_path: Path) -> None:
    assert configuration_findings(RENDERED, tmp_path) == ()


def test_an_edited_and_an_added_file_are_checked_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "fluentd/parts").mkdir(parents=True)
    (tmp_path / "fluentd/parts/in.conf").write_text("<source>\n  @type sample\n  tga a\n</source>\n", encoding="utf-8")
    (tmp_path / "fluentd/mine.conf").write_bytes(b"<source>\n  @type tail \xff\n")
    found = [str(finding).split(":", 1)[0] for finding in configuration_findings(RENDERED, tmp_path)]
    assert set(found) == {f"{tmp_path}/fluentd/parts/in.conf", f"{tmp_path}/fluentd/mine.conf"}
