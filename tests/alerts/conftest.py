"""Generated alerting files on disk, for the tools that read files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from payment_alerts.alertmanager import alertmanager
from payment_alerts.groups import alert_groups
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

Written = Callable[[Settings], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write rules, their tests and Alertmanager's files for the given settings; return the directory."""

    def write(settings: Settings) -> Path:
        for path, content in _files(settings.model_dump_json()).items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return tmp_path

    return write


@cache
def _files(settings: str) -> Mapping[str, bytes]:
    catalog = build_catalog(Settings.model_validate_json(settings))
    groups = alert_groups(catalog)
    return render_all({**rules(catalog, groups), **rule_tests(catalog, groups), **alertmanager(catalog, groups)})
