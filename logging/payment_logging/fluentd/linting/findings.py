"""Every rule over every file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_logging.fluentd.linting.buffer_rules import buffer_findings
from payment_logging.fluentd.linting.identity_rules import identity_findings
from payment_logging.fluentd.linting.including import entries, expand, load
from payment_logging.fluentd.linting.routing import routing_findings
from payment_logging.fluentd.linting.section_rules import directive_findings
from payment_logging.fluentd.plugins import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.findings import Finding


def fluentd_findings(files: Mapping[str, str], directory: str = "") -> tuple[Finding, ...]:
    """Check the texts of configuration files, by path; ``directory`` is put before the paths of the findings.

    A file that no other includes is a configuration of its own. A file that cannot be read is left out of what
    includes it, and events are then not followed: what they would miss is in that file.
    """
    known = tables()
    loaded = load(files)
    findings = set(loaded.findings)
    whole = not any(finding.rule in ("syntax", "include") for finding in findings)
    for entry in entries(loaded):
        nodes = expand(loaded, entry)
        findings.update(directive_findings(nodes, known))
        findings.update(buffer_findings(nodes, known))
        findings.update(identity_findings(nodes))
        if whole:
            findings.update(routing_findings(nodes))
    prefix = f"{directory.rstrip('/')}/" if directory else ""
    return tuple(sorted(replace(finding, file=f"{prefix}{finding.file}") for finding in findings))
