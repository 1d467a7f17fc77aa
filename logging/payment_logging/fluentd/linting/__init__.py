"""What is wrong with a configuration of Fluentd, without Fluentd.

Fluentd's own ``--dry-run`` accepts unknown parameters and sections, labels that nothing sends to and matches that
nothing reaches. Its order of work is kept here: files are joined by their includes, each section is held
against what its plugin takes, and events are followed from their source.
"""

from __future__ import annotations

from payment_logging.fluentd.linting.findings import fluentd_findings

__all__ = ["fluentd_findings"]
