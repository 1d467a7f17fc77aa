"""What the commands share: exit codes and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FINDINGS, USAGE = 1, 2
#: As shells have it for what Ctrl-C ended.
INTERRUPTED = 130

ConfigOption = Annotated[Path, typer.Option("--config", help="Settings; see the schema in generated/schema.")]
PortOption = Annotated[int, typer.Option(min=1, max=65535)]
