"""What Kibana shows of the service's log lines: a data view, saved searches, and two dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import TextDocument
from payment_catalog.vocabulary import LogPattern
from payment_logging.kibana.boards import boards
from payment_logging.kibana.saved_object import to_ndjson
from payment_logging.kibana.searches import data_view, saved_search

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings
    from payment_logging.kibana.saved_object import SavedObject


def saved_objects(settings: Settings) -> tuple[SavedObject, ...]:
    """Return every object, each after those that it refers to."""
    searches = (saved_search(settings, pattern) for pattern in LogPattern)
    return (data_view(settings), *searches, *boards(settings))


def kibana(catalog: Catalog) -> Documents:
    """Return the file that Kibana imports."""
    return {"kibana/saved-objects.ndjson": TextDocument(to_ndjson(saved_objects(catalog.settings)), __name__)}
