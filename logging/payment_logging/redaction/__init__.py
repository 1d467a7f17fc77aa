"""What is taken out of a line before anything reads it: card numbers and credentials, by expressions that Ruby runs.

The service has done so before, with Luhn's check digit and by the names of its fields; this is for what it did not
write itself. The expressions are of the subset that Ruby's Onigmo and Python's ``re`` read alike. Each is linear in the
length of the text: what follows a first match is bounded or possessive, and where a run may be long the expression
begins at its start only.
"""

from __future__ import annotations

from payment_logging.redaction.cards import CARDS
from payment_logging.redaction.credentials import CREDENTIALS
from payment_logging.redaction.replacement import Replacement

REPLACEMENTS: tuple[Replacement, ...] = (*CARDS, *CREDENTIALS)

__all__ = ["CARDS", "CREDENTIALS", "REPLACEMENTS", "Replacement"]
