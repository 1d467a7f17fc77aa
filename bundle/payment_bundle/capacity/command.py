"""``payobs capacity``: what a number of services needs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.machine_output import print_document
from payment_bundle.options import ConfigOption  # noqa: TC001 - typer reads it
from payment_catalog.durations import parse_duration

if TYPE_CHECKING:
    from datetime import timedelta

_MOST_SERVICES = 1_000_000
_LARGEST = 5


class Shape(StrEnum):
    """For whom it is printed."""

    TABLE = "table"
    JSON = "json"


def capacity(  # noqa: PLR0913 - one flag for each choice
    config: ConfigOption = Path("bundle.yaml"),
    *,
    services: Annotated[str, typer.Option(help="Numbers of services, with commas.")] = "1,100,10000",
    instances: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Of each service in an environment; as the settings name when left out."),
    ] = None,
    payments_per_second: Annotated[float, typer.Option(min=0, max=1e6, help="Of each service.")] = 5,
    memory: Annotated[float, typer.Option(min=1, max=4096, help="GiB that each Prometheus has.")] = 16,
    retention: Annotated[
        str, typer.Option(help="What Prometheus keeps, such as 90d; as long as rules look back when left out.")
    ] = "",
    output: Annotated[Shape, typer.Option(help="A table in Markdown, or JSON.")] = Shape.TABLE,
) -> None:
    """Compute series, rules, samples, logs, memory and disk for 1, 100 and 10,000 services, and name what is outgrown.

    Everything follows from the catalogue and the settings; each figure is printed with its formula and its source.
    """
    from payment_alerts.groups import alert_groups  # noqa: PLC0415 - help and Tab do without all rooms
    from payment_bundle.capacity.added_metrics import assumed_extents, reservations  # noqa: PLC0415
    from payment_bundle.capacity.costs import GIB  # noqa: PLC0415
    from payment_bundle.capacity.estimate import estimate  # noqa: PLC0415
    from payment_bundle.capacity.evaluation import longest_look_back  # noqa: PLC0415
    from payment_bundle.capacity.figure import Key  # noqa: PLC0415
    from payment_bundle.capacity.limits import limits, reached  # noqa: PLC0415
    from payment_bundle.capacity.population import population  # noqa: PLC0415
    from payment_bundle.capacity.printing import as_json, described, parts, table, warnings  # noqa: PLC0415
    from payment_bundle.capacity.scraped import largest  # noqa: PLC0415
    from payment_bundle.extending.loading import load_sound_catalog  # noqa: PLC0415
    from payment_catalog.cardinality import EXTENTS  # noqa: PLC0415
    from payment_catalog.publishers import SERVICE  # noqa: PLC0415

    numbers, wanted = _numbers(services), _retention(retention)
    catalog = load_sound_catalog(config)
    settings = catalog.settings
    groups = alert_groups(catalog)
    kept = wanted or longest_look_back(groups)
    estimates = [
        estimate(catalog, groups, population(settings, number, instances, payments_per_second), kept)
        for number in numbers
    ]
    known = limits(settings, memory * GIB)
    found = [reached(each, known) for each in estimates]
    if output is Shape.JSON:
        print_document("capacity", ok=True, estimates=as_json(estimates, found))
        return
    for line in table(estimates):
        typer.echo(line)
    typer.echo(f"\n{described(estimates[0])}")
    one = estimates[0].amount(Key.SERVICE_SERIES).usual / estimates[0].population.targets[SERVICE]
    extents = {**EXTENTS, **assumed_extents(catalog)}
    typer.echo(f"\n{parts(largest(catalog.metrics, SERVICE, _LARGEST, extents), one)}")
    for line in reservations(catalog):
        typer.echo(line)
    outgrown = [line for each, limits_of in zip(estimates, found, strict=True) for line in warnings(each, limits_of)]
    typer.echo("\n".join(("\nOutgrown:\n", *outgrown)) if outgrown else "\nNothing is outgrown.")


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in parts if not part.isascii() or not part.isdigit() or not 1 <= int(part) <= _MOST_SERVICES]
    if wrong or not parts:
        raise typer.BadParameter(
            f"found '{wrong[0] if wrong else text}', expected whole numbers from 1 to {_MOST_SERVICES}, such as 1,100",
            param_hint="--services",
        )
    return [int(part) for part in parts]


def _retention(text: str) -> timedelta | None:
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--retention") from None
