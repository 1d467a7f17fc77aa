"""The options of ``payobs archive``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.options import ConfigOption  # noqa: TC001 - typer reads the annotations


def archive(  # noqa: PLR0913 - one flag for each choice
    directory: Annotated[Path, typer.Option(help="Where the log files are, at any depth; links are not followed.")],
    config: ConfigOption = Path("bundle.yaml"),
    *,
    pattern: Annotated[
        list[str] | None, typer.Option(help="File names to archive; *.log, rotated or compressed too, when left out.")
    ] = None,
    older_than: Annotated[
        str, typer.Option(help="Time since the last line, such as 30d; retention.logs of the settings when left out.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be archived, and touch nothing.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the compressed files here too.")] = False,
    endpoint_url: Annotated[str, typer.Option(help="Address of a server other than Amazon's, such as MinIO.")] = "",
    storage_class: Annotated[
        str, typer.Option(help="S3's storage class of new objects, such as STANDARD_IA or GLACIER_IR.")
    ] = "STANDARD",
    limit_rate: Annotated[float, typer.Option(min=0, help="MiB a second to send on average; 0 sets no limit.")] = 0,
    timeout: Annotated[float, typer.Option(min=0.1, max=600, help="Seconds to wait for each answer.")] = 60,
    report: Annotated[Path | None, typer.Option(help="File for the figures of the run, in JSON.")] = None,
) -> None:
    """Compress old log files, upload them to S3, verify what is there, and only then delete them here.

    Exit code 1: a file could not be archived, or the run was interrupted. Another run goes on where this one ended.
    """
    from payment_bundle.archiving import ArchiveOptions, run_archive  # noqa: PLC0415 - generate and check do without it
    from payment_catalog.loading import load_settings  # noqa: PLC0415

    options = ArchiveOptions(
        directory,
        tuple(pattern or ()),
        older_than,
        dry_run,
        keep,
        endpoint_url,
        storage_class,
        limit_rate,
        timeout,
        report,
    )
    code = run_archive(load_settings(config), options)
    if code:
        raise typer.Exit(code)
