"""Style and scripts: as files of the live page, or inside a page that needs nothing besides itself."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from markupsafe import Markup

from payment_bundle.preview.page import Assets
from payment_catalog.errors import ForeseenError

STYLE = "style.css"
PLOTLY = "plotly.min.js"
LIVE = "live.js"
#: In the order in which they are loaded.
SCRIPTS = (PLOTLY, "tooltip.js", "charts.js", "theme.js", "page.js", LIVE)
STATIC = "/static"


class PackagesMissingError(ForeseenError):
    """A package of the extra ``preview`` is not installed."""


def require_packages(*names: str) -> None:
    """Raise PackagesMissingError where one of the packages is not installed."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise PackagesMissingError(
            f"{', '.join(missing)}: not installed; install it with: pip install 'payment-observability[preview]'"
        )


@cache
def text_of(name: str) -> str:
    """Return a style sheet or a script; raises PackagesMissingError."""
    if name != PLOTLY:
        return files("payment_bundle.preview").joinpath("static", name).read_text(encoding="utf-8")
    require_packages("plotly")
    spec = find_spec("plotly")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places or ())), "package_data", PLOTLY).read_text(encoding="utf-8")


@cache
def version_of(name: str) -> str:
    """Return a short hash of a file, so that a browser can keep it for ever."""
    return hashlib.sha256(text_of(name).encode()).hexdigest()[:16]


def linked() -> Assets:
    """Return the addresses of the files, for the live page."""
    style = f'<link rel="stylesheet" href="{STATIC}/{STYLE}?v={version_of(STYLE)}">'
    scripts = "".join(f'<script src="{STATIC}/{name}?v={version_of(name)}"></script>' for name in SCRIPTS)
    return Assets(Markup(style), Markup(scripts))  # noqa: S704 - constants


def inlined(*, scripts: bool = True) -> Assets:
    """Return the files themselves, and a policy that lets nothing else run."""
    texts = [text_of(name) for name in SCRIPTS if name != LIVE] if scripts else []
    allowed = " ".join(f"'sha256-{_digest(text)}'" for text in texts) or "'none'"
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"
    return Assets(
        Markup(f"<style>{text_of(STYLE)}</style>"),  # noqa: S704 - our own files and Plotly's
        Markup("".join(f"<script>{text}</script>" for text in texts)),  # noqa: S704
        policy,
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
