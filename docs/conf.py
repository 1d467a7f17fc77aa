"""How Sphinx makes the site of these pages: ``make docs``. Nothing is loaded from elsewhere when it is read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from filling import filled

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "payment-observability"
html_title = project
extensions = ["myst_parser"]
exclude_patterns = ["examples/**"]
nitpicky = True
# Links to headings of other pages are checked down to this level.
myst_heading_anchors = 3
html_show_copyright = False
html_theme = "furo"
html_copy_source = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Have the pages of the reference filled as they are read."""
    app.connect("source-read", _fill)


def _fill(_: Sphinx, __: str, source: list[str]) -> None:
    source[0] = filled(source[0])
