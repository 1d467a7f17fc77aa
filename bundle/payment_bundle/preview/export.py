"""Writes a page for each dashboard, and a list of them, into a directory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_bundle.preview.assets import inlined
from payment_bundle.preview.page import finished_page, index_page
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from payment_bundle.preview.documents import Dashboards
    from payment_bundle.preview.rendering import Rendered

_TO_DASHBOARD = re.compile(r'href="/d/([A-Za-z0-9_-]+)[^"]*"')


class ExportError(ForeseenError):
    """A page cannot be written."""


def export(rendered: Iterable[Rendered], dashboards: Dashboards, out: Path) -> dict[str, Path]:
    """Write the pages; return each dashboard's file. Raises ExportError."""
    assets = inlined()
    written: dict[str, Path] = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for one in rendered:
            uid = one.view.dashboard.uid
            written[uid] = out / f"{uid}.html"
            page = _between_files(finished_page(one, dashboards, assets), dashboards)
            written[uid].write_text(page, encoding="utf-8")
        listed = {uid: dashboards[uid] for uid in written}
        (out / "index.html").write_text(index_page(listed, inlined(scripts=False), suffix=".html"), encoding="utf-8")
    except OSError as error:
        raise ExportError(f"{out}: cannot be written: {error.strerror}") from None
    return written


def _between_files(page: str, dashboards: Dashboards) -> str:
    """Have links between dashboards lead from file to file."""

    def link(match: re.Match[str]) -> str:
        return f'href="{match[1]}.html"' if match[1] in dashboards else match[0]

    return _TO_DASHBOARD.sub(link, page)
