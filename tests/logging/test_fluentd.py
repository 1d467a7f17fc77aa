"""Fluentd's configuration: complete, and the same in the ConfigMap."""

from __future__ import annotations

import re

import pytest

import payment_logging
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import TextDocument, YamlDocument
from payment_catalog.fluentd_metrics import ARCHIVE_OUTPUT, FLUENTD_PORT, SEARCH_OUTPUT
from payment_catalog.settings import Settings
from payment_logging.pipeline import _CARD, pipeline

DOCUMENTS = payment_logging.generate(build_catalog(Settings(namespace="shop")))


def configuration() -> str:
    document = DOCUMENTS["fluentd/fluent.conf"]
    assert isinstance(document, TextDocument)
    return document.text


def test_the_config_map_is_the_runbooks_and_carries_the_same_text() -> None:
    document = DOCUMENTS["kubernetes/logging-config.yaml"]
    assert isinstance(document, YamlDocument)
    content = document.content
    assert content["metadata"]["name"] == "logging-config"  # type: ignore[index]
    assert content["metadata"]["namespace"] == "shop"  # type: ignore[index]
    assert content["data"]["fluent.conf"] == configuration()  # type: ignore[index]


@pytest.mark.parametrize(
    "line",
    [
        "path /var/log/containers/*payment-service*.log",
        "pos_file /var/log/fluentd-containers.log.pos",
        "tag kubernetes.*",
        "s3_bucket your-bucket",
        "path payment-service-logs/%Y/%m/%d/",
        "password \"#{ENV['ELASTICSEARCH_PASSWORD']}\"",
    ],
)
def test_the_runbooks_names_are_there(line: str) -> None:
    assert line in [text.strip() for text in configuration().splitlines()]


def test_every_section_is_closed() -> None:
    opened: list[str] = []
    for line in configuration().splitlines():
        text = line.strip()
        if match := re.fullmatch(r"</(\w+)>", text):
            assert opened.pop() == match[1]
        elif match := re.fullmatch(r"<(\w+)( .*)?>", text):
            opened.append(match[1])
    assert opened == []


def test_fluentds_own_metrics_are_published_for_the_outputs_that_alerts_name() -> None:
    sources = [section.parameters for section in pipeline(Settings()) if section.name == "source"]
    assert {"@type": "prometheus", "@id": "metrics", "port": FLUENTD_PORT} in sources
    types = {parameters["@type"] for parameters in sources}
    assert {"prometheus_output_monitor", "prometheus_tail_monitor"} <= types
    lines = [text.strip() for text in configuration().splitlines()]
    assert f"@id {SEARCH_OUTPUT}" in lines
    assert f"@id {ARCHIVE_OUTPUT}" in lines


def test_card_numbers_are_redacted_before_a_line_is_parsed() -> None:
    filters = [section.parameters["@type"] for section in pipeline(Settings()) if section.name == "filter"]
    assert filters.index("record_modifier") < filters.index("parser")


@pytest.mark.parametrize("number", ["4111111111111111", "5500 0000 0000 0004", "3782-822463-10005"])
def test_a_card_number_is_found(number: str) -> None:
    assert re.sub(_CARD, "x", f'{{"note": "{number}"}}') == '{"note": "x"}'


@pytest.mark.parametrize(
    "text", ["amount_minor: 125000", "1764000000123", "order-20261124-0001", "0.411111111111111123"]
)
def test_amounts_times_and_order_numbers_stay(text: str) -> None:
    assert re.sub(_CARD, "x", text) == text
