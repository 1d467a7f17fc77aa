"""The options of ``payobs init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payment_bundle.options import INTERRUPTED


def init(  # noqa: PLR0913 - one flag for each answer
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("bundle.yaml"),
    *,
    service: Annotated[str | None, typer.Option(help="Name of the service, its job in Prometheus.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Kubernetes namespace.")] = None,
    environment: Annotated[str | None, typer.Option(help="Environment that it runs in.")] = None,
    grafana: Annotated[str | None, typer.Option(help="Address of Grafana.")] = None,
    prometheus: Annotated[str | None, typer.Option(help="Address of Prometheus.")] = None,
    alertmanager: Annotated[str | None, typer.Option(help="Address of Alertmanager.")] = None,
    kibana: Annotated[str | None, typer.Option(help="Address of Kibana.")] = None,
    runbooks: Annotated[str | None, typer.Option(help="Address at which runbook pages are published.")] = None,
    pager: Annotated[str | None, typer.Option(help="What wakes somebody: pagerduty, webhook, email or none.")] = None,
    pager_url: Annotated[str | None, typer.Option(help="Address of the pager's webhook.")] = None,
    slack_channel: Annotated[str | None, typer.Option(help="Channel of Slack for alerts, with its #.")] = None,
    email: Annotated[str | None, typer.Option(help="Address of those who are told by e-mail.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: what no flag answers has its default.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the file, and write nothing.")] = False,
) -> None:
    """Write a commented bundle.yaml: asks what no flag answers, or takes defaults where nobody can be asked."""
    from payment_bundle.init.command import is_interactive, run_init  # noqa: PLC0415 - the settings take their time

    answers = {
        "service": service,
        "namespace": namespace,
        "environment": environment,
        "grafana": grafana,
        "prometheus": prometheus,
        "alertmanager": alertmanager,
        "kibana": kibana,
        "runbooks": runbooks,
        "pager": pager,
        "pager_url": pager_url,
        "slack_channel": slack_channel,
        "email": email,
    }
    given = {key: answer for key, answer in answers.items() if answer is not None}
    try:
        run_init(file, given, ask=is_interactive() and not yes, force=force, dry_run=dry_run)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("\ninterrupted: nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
