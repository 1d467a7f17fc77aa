"""Generated alerting files on disk, for the tools that read files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from payment_alerts.alertmanager import alertmanager
from payment_alerts.groups import alert_groups
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import TextDocument
from payment_catalog.settings import Settings

Written = Callable[[Settings], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write rules, their tests and Alertmanager's files for the given settings; return the directory."""

    def write(settings: Settings) -> Path:
        catalog = build_catalog(settings)
        groups = alert_groups(catalog)
        documents = {**rules(catalog, groups), **rule_tests(catalog, groups), **alertmanager(catalog, groups)}
        for path, document in documents.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            text = isinstance(document, TextDocument)
            file.write_text(document.text if text else yaml.dump(document.content, Dumper=yaml.CSafeDumper))
        return tmp_path

    return write
