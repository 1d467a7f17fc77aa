"""The options of ``payobs import-rules``, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payment_bundle.foreign_text import one_line
from payment_bundle.machine_output import Output, OutputOption, print_document
from payment_bundle.options import FINDINGS, ConfigOption

if TYPE_CHECKING:
    from payment_bundle.import_rules.judging import Judged, Verdict


def import_rules(
    files: Annotated[list[Path], typer.Argument(help="Rule files, or PrometheusRule objects of Kubernetes.")],
    config: ConfigOption = Path("bundle.yaml"),
    *,
    output: OutputOption = Output.TEXT,
) -> None:
    """Compare rules that you have with ours: covered, twice, stricter, looser, unknown. Nothing is changed.

    Exit code 1: a rule is invalid, or there twice.
    """
    from payment_bundle.catalog_at_hand import catalog_at_hand  # noqa: PLC0415
    from payment_bundle.import_rules.judging import counted, judge  # noqa: PLC0415 - reads the whole catalogue
    from payment_bundle.import_rules.ours import our_rules  # noqa: PLC0415
    from payment_bundle.import_rules.reading import read_rules  # noqa: PLC0415

    found = tuple(rule for file in files for rule in read_rules(file))
    judged = judge(found, our_rules(catalog_at_hand(config)))
    summary = counted(judged)
    ok = not any(count for verdict, count in summary.items() if verdict.is_finding)
    if output is Output.JSON:
        print_document("import-rules", ok=ok, rules=[_plain(each) for each in judged], summary=summary)
    else:
        _print(judged, summary)
    if not ok:
        raise typer.Exit(FINDINGS)


def _plain(judged: Judged) -> dict[str, object]:
    rule = judged.rule
    return {
        "file": rule.file,
        "line": rule.line,
        "group": rule.group,
        "kind": rule.kind,
        "name": rule.name,
        "verdict": judged.verdict,
        "ours": judged.ours,
        "reason": judged.reason,
    }


def _print(judged: tuple[Judged, ...], summary: dict[Verdict, int]) -> None:
    for each in judged:
        rule = each.rule
        name = f"{one_line(rule.name)}: " if rule.name else ""
        typer.echo(f"{rule.file}:{rule.line}: {each.verdict:9} {name}{one_line(each.reason)}")
    if judged:
        typer.echo("")
    for verdict, count in summary.items():
        if count:
            typer.echo(f"{count:5}  {verdict:9}  {verdict.meaning}")
    typer.echo(f"{len(judged):5}  rules")
