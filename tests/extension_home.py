"""A directory with settings and the extension of the examples beside them, in which something may be changed."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "extension"
MAIN, METRICS = "ledger_observability", "ledger_metrics"

_numbers = count(1)


def extension_home(directory: Path, *changes: tuple[str, str], settings: str = "") -> Path:
    """Write it and return the path of the settings; each of ``changes`` is what to replace by what, once or more.

    A process knows a module by its name for good: each home has names of its own.
    """
    number = next(_numbers)
    main, metrics = f"ledger_{number}", f"ledger_metrics_{number}"
    unused = dict(changes)
    for name, module in ((MAIN, main), (METRICS, metrics)):
        text = (EXAMPLE / f"{name}.py").read_text()
        for right, wrong in changes:
            if right in text:
                text = text.replace(right, wrong)
                unused.pop(right, None)
        text = re.sub(rf"\b{METRICS}\b", metrics, text)
        (directory / f"{module}.py").write_text(text)
    assert not unused, f"the example has no {', '.join(map(repr, unused))}"
    file = directory / "bundle.yaml"
    file.write_text(f'{settings}extensions: ["{main}:extension"]\n')
    return file
