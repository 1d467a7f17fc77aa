"""The templates of reports: HTML is escaped by itself, texts in Markdown by the filter ``escaped``."""

from __future__ import annotations

from functools import cache

import jinja2

from payment_alerts.markdown import escaped
from payment_bundle.backtest.report.content import moment


@cache
def template(name: str) -> jinja2.Template:
    """Return the template of that name."""
    return _templates().get_template(name)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("payment_bundle.backtest.report"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2", "svg.j2"), default=False),
    )
    environment.filters["escaped"] = escaped
    environment.filters["moment"] = moment
    return environment
