"""Fluentd's configurations: complete, the same in the ConfigMaps, and each kind of line goes where it belongs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import payment_logging
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import TextDocument, YamlDocument
from payment_catalog.fluentd_metrics import ARCHIVE_OUTPUT, FLUENTD_PORT, FORWARD_OUTPUT, LOG_LINES, SEARCH_OUTPUT
from payment_catalog.log_patterns import GREPPED
from payment_catalog.settings import Settings
from payment_catalog.settings.storage import Logs
from payment_catalog.vocabulary import LogPattern, LogStream
from payment_logging import MAIN, configuration
from payment_logging.fluentd import Pattern, Section
from payment_logging.variants import Variant, parts
from payment_service.logs.lines import LineRenderer
from payment_service.logs.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTS = payment_logging.generate(build_catalog(Settings(namespace="shop")))
NODE, FORWARDER, AGGREGATOR = Variant
PLACES = {NODE: "fluentd", FORWARDER: "fluentd/forwarder", AGGREGATOR: "fluentd/aggregator"}
CONFIG_MAPS = {
    NODE: "logging-config",
    FORWARDER: "logging-forwarder-config",
    AGGREGATOR: "logging-aggregator-config",
}


def sections(variant: Variant, name: str, kind: str | None = None) -> list[Section]:
    """Return the sections called ``name``, wherever they stand; those of the ``kind`` where one is given."""

    def walk(items: Any) -> Iterator[Section]:
        for item in items:
            yield item
            yield from walk(within(item))

    everything = walk(section for part in parts(variant, Settings()) for section in part.sections)
    return [each for each in everything if each.name == name and kind in {None, each.parameters.get("@type")}]


def one(variant: Variant, name: str, kind: str) -> Section:
    (section,) = sections(variant, name, kind)
    return section


def within(section: Section, name: str | None = None) -> list[Section]:
    """Return the sections directly in ``section``; those called ``name`` where one is given."""
    return [each for each in section.sections if isinstance(each, Section) and name in {None, each.name}]


def inner(section: Section, name: str) -> Section:
    (found,) = within(section, name)
    return found


def python(expression: object) -> re.Pattern[str]:
    """Return an expression for lines, as Ruby reads it, for Python."""
    text, options = (
        (expression.expression, "") if isinstance(expression, Pattern) else str(expression)[1:].rsplit("/", 1)
    )
    return re.compile(
        text.replace("(?<", "(?P<").replace(r"\z", r"\Z"), re.MULTILINE | (re.DOTALL if "m" in options else 0)
    )


def service_line(event: str, level: str = "info", **fields: object) -> str:
    """Return a line of the service; its time is always the same, for it names tests."""
    line = LineRenderer(Redactor((), lambda: None))(None, level, {"event": event, **fields})
    return re.sub(r'"timestamp": "[^"]*"', '"timestamp": "2026-11-25T10:00:00.000000Z"', line)


@pytest.mark.parametrize("variant", Variant)
def test_the_config_map_carries_the_same_texts(variant: Variant) -> None:
    (document,) = (it for path, it in DOCUMENTS.items() if path.endswith(f"/{CONFIG_MAPS[variant]}.yaml"))
    assert isinstance(document, YamlDocument)
    content: Any = document.content
    assert content["metadata"]["name"] == CONFIG_MAPS[variant]
    assert content["metadata"]["namespace"] == "shop"
    texts = {}
    for path, each in DOCUMENTS.items():
        directory, _, file = path.rpartition("/")
        if directory == PLACES[variant]:
            assert isinstance(each, TextDocument)
            texts[file] = each.text
    assert content["data"] == texts
    assert MAIN in texts


@pytest.mark.parametrize("variant", Variant)
def test_the_main_file_includes_every_other_one_in_order(variant: Variant) -> None:
    texts = configuration(variant, Settings())
    included = re.findall(r"^@include (\S+)$", texts.pop(MAIN), re.MULTILINE)
    assert included == list(texts)
    assert included == sorted(included)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("30-tail.conf", "path /var/log/containers/*payment-service*.log"),
        ("30-tail.conf", "pos_file /var/log/fluentd-containers.log.pos"),
        ("30-tail.conf", "tag kubernetes.*"),
        ("30-tail.conf", "format json"),
        ("30-tail.conf", "time_format %Y-%m-%dT%H:%M:%S.%NZ"),
        ("80-elasticsearch.conf", "password \"#{ENV['ELASTICSEARCH_PASSWORD']}\""),
        ("85-archive.conf", "s3_bucket your-bucket"),
        ("85-archive.conf", "path payment-service-logs/%Y/%m/%d/"),
    ],
)
def test_the_runbooks_names_are_there(file: str, line: str) -> None:
    assert line in [text.strip() for text in configuration(NODE, Settings())[file].splitlines()]


@pytest.mark.parametrize("variant", Variant)
def test_a_record_is_only_sent_to_labels_that_exist(variant: Variant) -> None:
    labels = [section.argument for section in sections(variant, "label")]
    assert len(labels) == len(set(labels))
    sent = {
        value
        for name in ("source", "match", "filter", "store")
        for section in sections(variant, name)
        for key in ("@label", "timeout_label")
        if (value := section.parameters.get(key))
    }
    assert sent | {"@ERROR"} == set(labels)


@pytest.mark.parametrize("variant", Variant)
def test_every_plugin_has_an_id_of_its_own_and_every_buffer_a_place(variant: Variant) -> None:
    named = [each for name in ("source", "match", "filter") for each in sections(variant, name)]
    ids = [each.parameters["@id"] for each in named if "@id" in each.parameters]
    places = [buffer.parameters["path"] for buffer in sections(variant, "buffer")]
    assert len(ids) == len(set(ids))
    assert len(places) == len(set(places))


def test_fluentds_own_metrics_are_published_for_the_outputs_that_alerts_name() -> None:
    for variant in Variant:
        (server,) = sections(variant, "source", "prometheus")
        assert server.parameters["port"] == FLUENTD_PORT
        assert server.parameters["bind"] == "0.0.0.0"
        assert sections(variant, "source", "prometheus_output_monitor")
    assert sections(NODE, "source", "prometheus_tail_monitor")
    assert one(NODE, "match", "elasticsearch").parameters["@id"] == SEARCH_OUTPUT
    assert one(NODE, "match", "s3").parameters["@id"] == ARCHIVE_OUTPUT
    assert one(FORWARDER, "match", "forward").parameters["@id"] == FORWARD_OUTPUT


def test_prometheus_gets_the_metrics_of_all_workers_by_one_request() -> None:
    settings = Settings(logs=Logs(aggregator_workers=4))
    text = configuration(AGGREGATOR, settings)
    assert "  workers 4\n" in text["10-system.conf"]
    assert "  aggregated_metrics_path /metrics\n" in text["20-metrics.conf"]
    assert "  workers 1\n" in configuration(NODE, settings)["10-system.conf"]


def read_as(line: str) -> str:
    """Return the format that Fluentd reads a line of a log file by: the first that fits."""
    for pattern in within(inner(one(NODE, "source", "tail"), "parse")):
        match pattern.parameters["format"]:
            case "regexp" if python(pattern.parameters["expression"]).match(line):
                return "cri"
            case "json" if line.startswith("{") and line.endswith("}"):
                return "docker"
            case "none":
                return str(pattern.parameters["message_key"])
    raise AssertionError("no pattern takes every line")


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ('2024-11-25T10:00:00.123456789Z stdout F {"event": "started"}', "cri"),
        ("2024-11-25T18:00:00.123456789+08:00 stderr P Traceback", "cri"),
        ("2024-11-25T10:00:00.123456789Z stdout F ", "cri"),
        ('{"log":"started\\n","stream":"stdout","time":"2024-11-25T10:00:00.123456789Z"}', "docker"),
        ("\0\0\0", "unreadable"),
        ("rubbish 4111111111111111", "unreadable"),
    ],
)
def test_a_line_of_either_runtime_is_read_and_no_other_is_lost(line: str, form: str) -> None:
    assert read_as(line) == form


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        (service_line("started"), True, True),
        ("Traceback (most recent call last):", True, False),
        ("  + Exception Group Traceback (most recent call last):", True, False),
        ('  File "app.py", line 4, in pay', False, False),
        ("ValueError: 4", False, False),
        ("During handling of the above exception, another exception occurred:", False, False),
        ("", False, False),
    ],
)
def test_a_traceback_is_joined_and_the_services_lines_are_not(text: str, begins: bool, ends: bool) -> None:
    (join,) = [each for each in sections(NODE, "filter", "concat") if "multiline_start_regexp" in each.parameters]
    assert bool(python(join.parameters["multiline_start_regexp"]).search(text)) is begins
    assert bool(python(join.parameters["multiline_end_regexp"]).search(text)) is ends


def lifted(text: str) -> set[str]:
    """Return the fields that Fluentd makes of what a container wrote."""
    for pattern in within(inner(one(NODE, "filter", "parser"), "parse")):
        if pattern.parameters["format"] == "json":
            try:
                return set(json.loads(text))
            except (ValueError, TypeError):
                continue
        if found := python(pattern.parameters["expression"]).match(text):
            return {name for name, value in found.groupdict().items() if value is not None}
    raise AssertionError("no pattern takes every text")


def test_what_a_container_wrote_becomes_fields() -> None:
    assert {"event", "level", "payment_id"} <= lifted(service_line("payment failed", payment_id="p"))
    assert lifted("Traceback (most recent call last):\n  File x\nValueError: y") == {"exception"}
    assert lifted("listening on 8080\nand more") == {"event"}
    assert lifted("") == set()
    assert lifted('{"event": "cut off') == {"unreadable"}


def stream_of(record: dict[str, object]) -> str:
    """Return the stream by the rules, as the plugin reads them: the first that holds, and an empty field holds none."""
    for rule in within(one(NODE, "match", "rewrite_tag_filter")):
        value = str(record.get(str(rule.parameters["key"]), ""))
        found = python(rule.parameters["pattern"]).search(value)
        if (not found) if rule.parameters.get("invert") else (value and found):
            return str(rule.parameters["tag"]).removeprefix("payment.")
    raise AssertionError("a record would be lost")


@pytest.mark.parametrize(
    ("line", "stream"),
    [
        (service_line("signature is wrong", "warning", security_event="signature_failure"), LogStream.SECURITY),
        (service_line("rate limit exceeded", "warning", security_event="rate_limited"), LogStream.SECURITY),
        (service_line("request", method="GET", path="/health", status=200), LogStream.ACCESS),
        (service_line("payment succeeded", payment_id="p", method="card"), LogStream.AUDIT),
        (service_line("refund succeeded", refund_id="r", payment_id="p"), LogStream.AUDIT),
        (service_line("gateway is asked again", operation="pay"), LogStream.APPLICATION),
        (service_line("database is unavailable", "error"), LogStream.APPLICATION),
        ('{"level": ""}', LogStream.APPLICATION),
        ("{}", LogStream.APPLICATION),
    ],
)
def test_a_line_goes_to_its_stream(line: str, stream: LogStream) -> None:
    assert stream_of(json.loads(line)) == stream


@given(st.dictionaries(st.sampled_from(["event", "level", "payment_id", "security_event"]), st.text() | st.none()))
def test_no_record_is_lost_on_the_way_to_its_stream(record: dict[str, object]) -> None:
    assert stream_of(record) in set(LogStream)


def test_card_numbers_are_redacted_before_a_line_is_parsed_and_in_what_cannot_be() -> None:
    files = list(configuration(NODE, Settings()))
    assert files.index("50-redact.conf") < files.index("55-lift.conf")
    redactions = {
        tuple((rule.parameters["expression"], rule.parameters["replace"]) for rule in within(each, "replace"))
        for label in sections(NODE, "label")
        if label.argument in {"@REDACT", "@ERROR"}
        for each in within(label)
        if within(each, "replace")
    }
    assert len(redactions) == 1


def test_each_pattern_of_the_runbook_is_counted() -> None:
    counters = within(one(NODE, "filter", "prometheus"), "metric")
    metrics = {str(inner(each, "labels").parameters["pattern"]): each for each in counters}
    assert set(metrics) == set(LogPattern)
    for metric in metrics.values():
        assert metric.parameters["name"] == LOG_LINES.name
        assert metric.parameters["initialized"] is True


@given(st.lists(st.sampled_from(["payment", "auth", "failed", "rate", " ", "limit", "\n", "x"])).map("".join))
def test_the_counted_lines_are_those_that_the_runbook_finds(event: str) -> None:
    (marks,) = [
        each
        for filter_ in sections(NODE, "filter", "record_modifier")
        for each in within(filter_)
        if "counted_error" in each.parameters
    ]
    for pattern, grepped in GREPPED.items():
        found = re.search(r"match\?\(/(.+)/m\)", str(marks.parameters[f"counted_{pattern}"]))
        assert found
        assert bool(re.match(found[1], event, re.DOTALL)) is bool(re.search(grepped, event, re.DOTALL))


@pytest.mark.parametrize(
    ("variant", "kind"), [(NODE, "elasticsearch"), (NODE, "s3"), (FORWARDER, "forward"), (AGGREGATOR, "elasticsearch")]
)
def test_nothing_is_lost_while_an_output_is_away(variant: Variant, kind: str) -> None:
    output = one(variant, "match", kind)
    buffer = inner(output, "buffer").parameters
    assert buffer["@type"] == "file"
    assert buffer["overflow_action"] == "block"
    assert buffer["retry_type"] == "exponential_backoff"
    assert buffer["retry_randomize"] is True
    assert buffer["flush_at_shutdown"] is True
    assert {"chunk_limit_size", "total_limit_size", "retry_max_interval", "retry_timeout"} <= set(buffer)
    assert inner(output, "secondary").parameters["@type"] == "secondary_file"


def test_a_repeated_attempt_stores_nothing_twice() -> None:
    search = one(NODE, "match", "elasticsearch").parameters
    assert search["write_operation"] == "create"
    assert search["id_key"] == one(NODE, "filter", "elasticsearch_genid").parameters["hash_id_key"]
    assert search["template_overwrite"] is False
    archive = one(NODE, "match", "s3")
    assert "${chunk_id}" in str(archive.parameters["s3_object_key_format"])
    assert inner(archive, "buffer").argument == "tag,time"


def test_forwarder_and_aggregator_know_each_other() -> None:
    settings = Settings(logs=Logs(aggregators=("a.example:24224", "b.example:24225")))
    forward = configuration(FORWARDER, settings)["80-forward.conf"]
    assert re.findall(r"host (\S+)\n +port (\d+)", forward) == [("a.example", "24224"), ("b.example", "24225")]
    for line in ("transport tls", "require_ack_response true", "tls_verify_hostname true"):
        assert f"    {line}\n" in forward
    receive = configuration(AGGREGATOR, settings)["30-receive.conf"]
    assert "client_cert_auth true" in receive
    for text in (forward, receive):
        assert "shared_key \"#{ENV['FLUENTD_SHARED_KEY']}\"" in text


def shape(texts: dict[str, str]) -> dict[str, list[str]]:
    """Return the beginnings of all lines: sections, and names of parameters without their values."""
    return {
        file: [re.match(r" *(?:<.*>|\S+)", line)[0] if line else "" for line in re.split(r"[\r\n]", text)]  # type: ignore[index]
        for file, text in texts.items()
    }


@pytest.mark.parametrize("variant", Variant)
@given(
    value=st.text()
    | st.sampled_from(["#{`id`}", "\n</source>", "' \"", "\\", " # x", "</match>", "${tag}", "@include x"])
)
def test_no_setting_breaks_out_of_its_place(variant: Variant, value: str) -> None:
    logs = Logs().model_copy(
        update={"elasticsearch": (value, value), "s3_bucket": value, "s3_region": value, "s3_prefix": value}
        | {"aggregators": (f"{value}:24224",)}
    )
    # As if the settings had not been checked.
    settings = Settings().model_copy(update={"service": value, "logs": logs})
    try:
        texts = configuration(variant, settings)
    except ValueError:
        assert any(ord(character) < 32 for character in value)
        return
    assert shape(texts) == shape(configuration(variant, Settings()))
    assert [
        line for text in texts.values() for line in text.splitlines() if '"#{' in line and "ENV['" not in line
    ] == []
