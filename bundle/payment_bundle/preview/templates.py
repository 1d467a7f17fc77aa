"""The HTML of pages and panels; every value is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from payment_bundle.preview.units import format_value


def render(name: str, **values: object) -> Markup:
    """Return the template ``name`` filled in."""
    return Markup(_environment().get_template(f"{name}.j2").render(**values))  # noqa: S704 - escaped by the environment


@cache
def _environment() -> Environment:
    environment: Any = Environment(
        loader=PackageLoader("payment_bundle.preview"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = lambda seconds: format_value(seconds * 1000, "dateTimeAsIso")
    return environment  # type: ignore[no-any-return]
