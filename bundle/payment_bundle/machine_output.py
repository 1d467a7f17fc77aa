"""``--output json``: one document on standard output, and nothing else there.

Every document is an object with ``version`` (of this convention), ``command`` and ``ok`` (whether the exit code is 0),
then the keys of the command. Keys are added and never change their meaning within a version. What a command has to say
besides, and every error, goes to standard error.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.findings import Finding

VERSION = 1


class Output(StrEnum):
    """For whom a command prints."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("--output", help="For people, or one JSON document for machines.")]


def print_document(command: str, *, ok: bool, **content: object) -> None:
    """Print the document of ``command``; ``content`` must be plain data."""
    document = {"version": VERSION, "command": command, "ok": ok, **content}
    typer.echo(json.dumps(document, indent=2))


def plain_findings(findings: Iterable[Finding]) -> list[dict[str, str | int]]:
    """Return findings as plain data."""
    return [
        {"file": finding.file, "line": finding.line, "rule": finding.rule, "message": finding.message}
        for finding in findings
    ]
