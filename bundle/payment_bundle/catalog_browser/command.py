"""The options of ``payobs catalog``."""

from __future__ import annotations

import difflib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.catalog_browser.entry import Kind
from payment_bundle.completion import complete_catalog
from payment_bundle.machine_output import print_document
from payment_bundle.options import ConfigOption  # noqa: TC001 - typer reads the annotations
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_bundle.catalog_browser.entry import Entry

_NEAREST = 3


class UnknownNameError(ForeseenError):
    """Nothing of that kind has that name."""


class Shape(StrEnum):
    """How it is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def catalog(
    kind: Annotated[Kind | None, typer.Argument(help="What to look at; all kinds when left out.")] = None,
    name: Annotated[str, typer.Argument(help="All about this one.", autocompletion=complete_catalog)] = "",
    config: ConfigOption = Path("bundle.yaml"),
    *,
    search: Annotated[str, typer.Option(help="Only what has this text in its name or its columns.")] = "",
    output: Annotated[Shape, typer.Option(help="A table, one JSON document, or Markdown.")] = Shape.TABLE,
) -> None:
    """Look at what the bundle knows: metrics, alerts, objectives, incidents, recorded series, limits."""
    from payment_bundle.catalog_at_hand import catalog_at_hand  # noqa: PLC0415
    from payment_bundle.catalog_browser.entries import entries  # noqa: PLC0415 - reads the whole catalogue
    from payment_bundle.catalog_browser.readers import Knowledge  # noqa: PLC0415

    if name and search:
        raise typer.BadParameter("a name and --search exclude each other")
    knowledge = Knowledge(catalog_at_hand(config))
    found = {
        each: tuple(entry for entry in entries(each, knowledge) if entry.mentions(search))
        for each in ((kind,) if kind else Kind)
    }
    if kind and name:
        found = {kind: (_named(kind, name, found[kind]),)}
    if output is Shape.JSON:
        _print_json(found)
    elif kind is None and not search:
        _print_overview(found, output)
    else:
        _print(found, output, is_sheet=bool(name))


def _named(kind: Kind, name: str, among: Sequence[Entry]) -> Entry:
    """Return the entry of that name, in whatever case; raises UnknownNameError."""
    for entry in among:
        if name == entry.name or name in entry.also:
            return entry
    by_case = {entry.name.casefold(): entry for entry in among}
    if name.casefold() in by_case:
        return by_case[name.casefold()]
    close = difflib.get_close_matches(name.casefold(), list(by_case), n=_NEAREST, cutoff=0.5)
    nearest = ", ".join(by_case[one].name for one in close)
    hint = f"the nearest are {nearest}" if nearest else f"'payobs catalog {kind}' names them all"
    raise UnknownNameError(f"there is no {kind.singular} {name!r}; {hint}")


def _print_json(found: Mapping[Kind, Sequence[Entry]]) -> None:
    content = {
        kind.value: [{"name": entry.name, **entry.facts()} for entry in of_kind] for kind, of_kind in found.items()
    }
    print_document("catalog", ok=True, **content)


def _print_overview(found: Mapping[Kind, Sequence[Entry]], output: Shape) -> None:
    for kind, of_kind in found.items():
        typer.echo(f"- {kind}: {len(of_kind)}" if output is Shape.MARKDOWN else f"{len(of_kind):5}  {kind}")
    if output is Shape.TABLE:
        typer.echo(
            "\n'payobs catalog alerts' lists, 'payobs catalog alerts NAME' tells all, --search TEXT looks in all"
        )


def _print(found: Mapping[Kind, Sequence[Entry]], output: Shape, *, is_sheet: bool) -> None:
    from payment_bundle.catalog_browser import printing  # noqa: PLC0415 - as for the catalogue

    for kind, of_kind in found.items():
        if not of_kind:
            continue
        title = f"{kind} ({len(of_kind)})"
        match output, is_sheet:
            case Shape.MARKDOWN, True:
                typer.echo(printing.markdown_sheet(of_kind[0].name, of_kind[0].facts()))
            case Shape.MARKDOWN, False:
                typer.echo(printing.markdown_list(title, of_kind))
            case _, True:
                printing.print_sheet(of_kind[0].name, of_kind[0].facts())
            case _:
                printing.print_list(title, of_kind)
    if not any(found.values()):
        typer.echo("nothing found", err=True)
