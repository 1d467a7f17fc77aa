"""The flags that ``payobs generate`` and ``payobs check`` have for a fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.parts import PARTS

FleetOption = Annotated[
    Path | None,
    typer.Option("--fleet", help="Directory with a settings file for each service; base.yaml is inherited."),
]
PartsOption = Annotated[
    str, typer.Option("--parts", help=f"Of a fleet, parts that each service gets, with commas: {', '.join(PARTS)}.")
]
JobsOption = Annotated[int, typer.Option(min=0, max=256, help="Of a fleet, processes at once; 0: one for each core.")]
