"""Generated unit tests of rules, of which a test needs those of one alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def keep_tests_of(alert: str, file: Path) -> Path:
    """Leave the tests of ``alert`` alone in the file, and return it."""
    content = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    own = [test for test in content["tests"] if test["name"].startswith(f"{alert}: ")]
    assert own
    file.write_text(yaml.dump({**content, "tests": own}, Dumper=yaml.CSafeDumper))
    return file
