"""Templates of Alertmanager's messages: those of this package as they are, and what they say from the catalogue."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from payment_alerts.message_facts import message_facts
from payment_catalog.documents import TextDocument

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

TEMPLATES = "alertmanager/templates"


def messages(catalog: Catalog) -> Documents:
    """Return ``*.tmpl``; ``facts.tmpl`` is the catalogue's."""
    written = {
        file.name: file.read_text(encoding="utf-8")
        for file in resources.files(__package__).joinpath("templates").iterdir()
        if file.name.endswith(".tmpl")
    }
    texts = {**written, "facts.tmpl": message_facts(catalog)}
    return {f"{TEMPLATES}/{name}": TextDocument(texts[name], __name__) for name in sorted(texts)}
