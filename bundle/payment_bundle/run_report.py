"""What ``payobs generate`` and ``payobs check`` say, to people or to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from payment_bundle.machine_output import Output, plain_findings, print_document
from payment_bundle.not_run import NotRun

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from payment_bundle.changes import Changes
    from payment_bundle.checks import Check
    from payment_catalog.findings import Finding


def report_refused(out: Path, findings: tuple[Finding, ...], output: Output) -> None:
    """Say why nothing was generated."""
    if output is Output.JSON:
        print_document("generate", ok=False, out=str(out), findings=plain_findings(findings))
    else:
        _print_findings(findings)
    typer.echo(f"{len(findings)} finding(s); nothing was written", err=True)


def report_changes(out: Path, changes: Changes, output: Output, *, dry_run: bool) -> None:
    """Say what was changed, or would be."""
    if output is Output.JSON:
        print_document(
            "generate",
            ok=True,
            out=str(out),
            dry_run=dry_run,
            added=changes.added,
            changed=changes.changed,
            removed=changes.removed,
            unchanged=changes.unchanged,
            kept=changes.edited,
            findings=[],
        )
        return
    for sign, paths in (("+", changes.added), ("~", changes.changed), ("-", changes.removed)):
        for path in paths:
            typer.echo(f"  {sign} {path}")
    for path in changes.edited:
        typer.echo(f"  ! {path}: no longer generated, but edited by hand; kept")
    figures = (
        f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed, "
        f"{len(changes.unchanged)} unchanged"
    )
    typer.echo(f"{out}: {figures}{' (dry run, nothing written)' if dry_run else ''}")


def report_checks(items: Iterable[Check], output: Output) -> bool:
    """Run the checks one after another, say what each found, and return whether none found anything."""
    told: list[dict[str, object]] = []
    total = 0
    for item in items:
        try:
            findings = item.run()
        except NotRun as reason:
            told.append({"name": item.name, "status": "not run", "reason": str(reason), "findings": []})
            if output is Output.TEXT:
                typer.echo(f"--    {item.name}: not run: {reason}")
            continue
        total += len(findings)
        status = "failed" if findings else "ok"
        told.append({"name": item.name, "status": status, "reason": "", "findings": plain_findings(findings)})
        if output is Output.TEXT:
            typer.echo(f"{'ok  ' if not findings else 'FAIL'}  {item.name}")
            _print_findings(findings)
    if output is Output.JSON:
        print_document("check", ok=not total, checks=told)
    if total:
        typer.echo(f"{total} finding(s)", err=True)
    return not total


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        typer.echo(f"      {finding}")
