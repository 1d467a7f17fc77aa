"""What a collector of Elasticsearch publishes, and how it fails."""

from __future__ import annotations

import math
import traceback
from typing import TYPE_CHECKING

import pytest
from exporter.elasticsearch_stub import MARK

from payment_catalog.errors import ForeseenError
from payment_catalog.exporter_metrics import elasticsearch as metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_exporter.collectors.elasticsearch import ElasticsearchCollector

    Collectors = Callable[..., ElasticsearchCollector]


def published(collector: ElasticsearchCollector, within: float = math.inf) -> dict[str, dict[str, float]]:
    """Values by name and label value."""
    return {
        family.name: {"".join(sample.labels.values()): sample.value for sample in family.samples}
        for family in collector.collect(within)
    }


def logs(collector: ElasticsearchCollector) -> dict[str, float]:
    return published(collector)[metrics.LOG_LINES.name]


def failure(collector: ElasticsearchCollector, within: float = math.inf) -> str:
    """The one line of the error, in whose traceback nothing of the answer stands either."""
    with pytest.raises(ForeseenError) as caught:
        published(collector, within)
    message = str(caught.value)
    assert MARK not in "".join(traceback.format_exception(caught.value))
    assert len(message) < 200
    assert "\n" not in message
    return message
