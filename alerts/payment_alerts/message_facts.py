"""What messages say from the catalogue: response times, who is asked, first commands, addresses; as Go templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.links import logs_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.catalog import Catalog
    from payment_catalog.incident import Incident

#: So many commands of an incident's diagnosis fit on a phone; the runbook page has them all.
_FIRST_COMMANDS = 3


def message_facts(catalog: Catalog) -> str:
    """Return the definitions of ``payment.urgency``, ``payment.asked``, ``payment.diagnosis`` and ``payment.url.*``.

    The first three turn a label's value, for ``payment.asked`` "<team> <level>", into words, and any other value into
    nothing. ``payment.slack.diagnosis`` is the diagnosis in Slack's notation.
    """
    urls = catalog.settings.urls
    urgency = {
        priority.value: f"{priority} {level.title}: respond within {format_duration(level.response)}"
        for priority, level in catalog.severity_levels.items()
    }
    asked = {
        f"{team} {level}": f"{level} {who}"
        for team, row in catalog.escalation.items()
        for level, who in (("L1", row.l1), ("L2", row.l2), ("L3", row.l3))
    }
    diagnosis = {str(key): _first_commands(incident) for key, incident in catalog.incidents.items()}
    return "\n".join(
        (
            _words("payment.urgency", urgency),
            _words("payment.asked", asked),
            _words("payment.diagnosis", diagnosis),
            _words("payment.slack.diagnosis", {key: escape_slack(text) for key, text in diagnosis.items()}),
            _definition("payment.url.alertmanager", urls.alertmanager),
            _definition("payment.url.logs", logs_url(catalog.settings)),
        )
    )


def quote_go(text: str) -> str:
    """Return ``text`` as a string literal of a Go template, for any text; JSON's escapes are a part of Go's."""
    return json.dumps(text, ensure_ascii=False)


def escape_slack(text: str) -> str:
    """Return ``text`` with the three characters escaped that Slack gives a meaning to."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _words(name: str, words: Mapping[str, str]) -> str:
    """Return a template that gives the words for the value it is called with."""
    cases = "\n".join(
        f"{{{{- {keyword} eq . {quote_go(value)} }}}}{{{{ {quote_go(text)} }}}}"
        for keyword, (value, text) in zip(("if", *["else if"] * len(words)), words.items(), strict=False)
    )
    return f"{{{{ define {quote_go(name)} }}}}\n{cases}\n{{{{- end }}}}{{{{ end }}}}\n"


def _definition(name: str, text: str) -> str:
    return f"{{{{ define {quote_go(name)} }}}}{text}{{{{ end }}}}\n"


def _first_commands(incident: Incident) -> str:
    return "\n".join(f"# {command.purpose}\n{command.shell}" for command in incident.diagnosis[:_FIRST_COMMANDS])
