"""Lines are followed as the pipeline reads them; what Fluentd is to run for it is the pipeline and reaches nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_catalog.settings import Settings
from payment_catalog.vocabulary import LogStream
from payment_logging.fluentd import Section, print_sections
from payment_logging.fluentd.linting import fluentd_findings
from payment_logging.trace.container_file import ContainerFile, container_file, tail_source
from payment_logging.trace.expectation import chain, expectations
from payment_logging.trace.joining import entries
from payment_logging.trace.lines import LineFormat, container_lines, recognised
from payment_logging.trace.outputs import outputs
from payment_logging.trace.results import results
from payment_logging.trace.variant import LINE_FIELD, TAG_FIELD, TIME_FIELD, Desk, tracing
from payment_logging.variants import Variant, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_logging.fluentd import Item
    from payment_logging.trace.joining import Entry
    from payment_logging.trace.traced import Traced
    from payment_logging.variants import Part

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
SETTINGS = Settings()
DESK = Desk("/desk/lines.log", "/desk/out", "/desk/state")
READING = (Variant.NODE, Variant.FORWARDER)
CRI = b"2026-11-25T10:00:00.123456789Z stdout F "


def pipeline(variant: Variant = Variant.NODE) -> tuple[Part, ...]:
    return parts(variant, SETTINGS)


def as_file(name: str = "x.log") -> ContainerFile:
    source = tail_source(pipeline())
    assert source is not None
    return container_file(source, name, SETTINGS)


def joined(*lines: bytes, written_as: LineFormat = LineFormat.CRI) -> tuple[Entry, ...]:
    return entries(container_lines(lines, written_as, NOW))


def expected(*lines: str) -> tuple[Traced, ...]:
    records = joined(*(line.encode() for line in lines), written_as=LineFormat.PLAIN)
    return expectations(pipeline(), as_file(), records)


@pytest.mark.parametrize(
    ("lines", "written_as"),
    [
        ([b"rubbish", CRI + b"{}"], LineFormat.CRI),
        ([b'{"log":"x\\n","stream":"stdout","time":"2026-11-25T10:00:00.1Z"}'], LineFormat.DOCKER),
        ([b'{"log":"a field of the service\'s","event":"x"}'], LineFormat.PLAIN),
        ([b"2026-11-25T10:00:00Z stdout F a time without a fraction"], LineFormat.PLAIN),
        ([b'{"event":"x"}', b"", b"\xff[["], LineFormat.PLAIN),
    ],
)
def test_the_format_is_recognised(lines: list[bytes], written_as: LineFormat) -> None:
    assert recognised(lines) is written_as


def test_a_plain_line_is_wrapped_as_it_is_each_at_a_time_of_its_own() -> None:
    first, second = container_lines([b"\xffone", b"two"], LineFormat.PLAIN, NOW)
    assert first.written == b"2026-11-25T10:00:00.000000001+00:00 stdout F \xffone"
    assert (second.time, second.log) == ("2026-11-25T10:00:00.000000002+00:00", "two")


@pytest.mark.parametrize(
    ("lines", "numbers"),
    [
        ((b"stdout P a", b"stdout F b"), [(1, 2)]),
        ((b"stdout P a", b"stderr F b", b"stdout F c"), [(1, 3), (2,)]),
        ((b"stdout F Traceback (most recent call last):", b"stdout F   x", b"stdout F {}"), [(1, 2), (3,)]),
        ((b"stderr F Traceback (most recent call last):", b"stdout F x", b"stderr F y"), [(1, 3), (2,)]),
        ((b"stdout F Traceback (most recent call last):",) * 2, [(1,), (2,)]),
        ((b"stdout F one", b"stdout F two"), [(1,), (2,)]),
        ((b"stdout P the end never comes",), [(1,)]),
        ((b"stdout X no mark of a runtime's", b"stdout F x"), [(1,), (2,)]),
    ],
)
def test_lines_become_records(lines: tuple[bytes, ...], numbers: list[tuple[int, ...]]) -> None:
    time = b"2026-11-25T10:00:00.123456789Z "
    assert [entry.numbers for entry in joined(*(time + line for line in lines))] == numbers


@given(st.lists(st.sampled_from([CRI + b"{}", CRI + b"Traceback (most recent call last):", CRI + b"x", b"?"])))
def test_each_line_is_in_one_record(lines: list[bytes]) -> None:
    numbers = [number for entry in joined(*lines) for number in entry.numbers]
    assert sorted(numbers) == list(range(1, len(lines) + 1))


@pytest.mark.parametrize(
    ("name", "is_read"),
    [
        ("payment-service-7d4b9c-x2x4z_shop_payment-service-1.log", True),
        ("fluentd-for-payment-service.log", False),
        ("gateway.log", False),
        ("payment-service.log.gz", False),
    ],
)
def test_a_file_has_the_tag_that_its_name_gives_it(name: str, is_read: bool) -> None:
    file = as_file(name)
    assert file.made_up is not is_read
    assert file.tag == f"kubernetes{file.path.replace('/', '.')}"
    assert (file.path == f"/var/log/containers/{name}") is is_read


@pytest.mark.parametrize("variant", READING)
def test_the_variant_for_the_desk_is_a_good_configuration(variant: Variant) -> None:
    text = print_sections(tracing(pipeline(variant), as_file(), DESK))
    assert fluentd_findings({"fluent.conf": text}) == ()


def walk(items: Iterable[Item]) -> Iterator[Section]:
    for item in items:
        if isinstance(item, Section):
            yield item
            yield from walk(item.sections)


@pytest.mark.parametrize("variant", READING)
def test_records_meet_the_same_steps_in_the_same_order(variant: Variant) -> None:
    def steps(items: Iterable[Item]) -> list[tuple[str, str | None]]:
        replaced = {output.id for output in outputs(pipeline(variant))}
        return [
            (each.name + each.argument, each.text("@id") if each.text("@id") in replaced else each.text("@type"))
            for each in walk(items)
            if each.name in {"label", "filter", "match", "store", "rule"}
        ]

    desk = tracing(pipeline(variant), as_file(), DESK)
    own = steps(section for part in pipeline(variant) for section in part.sections)
    numbering = ("filter**", "record_modifier")
    first = own.index(("label@JOIN_PARTS", None)) + 1
    assert steps(desk) == [*own[:first], numbering, *own[first:]]


@pytest.mark.parametrize("variant", READING)
def test_nothing_listens_nothing_is_sent_and_files_are_the_desks(variant: Variant) -> None:
    sections = list(walk(tracing(pipeline(variant), as_file(), DESK)))
    assert [each.text("@type") for each in sections if each.name == "source"] == ["tail"]
    sending = {each.text("@type") for each in sections if each.name == "match"}
    assert sending <= {"relabel", "copy", "rewrite_tag_filter", "file"}
    assert not [each for each in sections if each.name in {"server", "transport", "security", "secondary"}]
    paths = [text for each in sections for name in ("path", "pos_file", "secret_dir") if (text := each.text(name))]
    assert paths
    assert all(path.startswith("/desk/") for path in paths)


def test_filters_can_be_left_out() -> None:
    left = tracing(pipeline(), as_file(), DESK, without=["prometheus", "kubernetes_metadata"])
    assert not {"prometheus", "kubernetes_metadata"} & {each.text("@type") for each in walk(left)}


@pytest.mark.parametrize(
    ("line", "stream"),
    [
        ('{"event": "x", "security_event": "rate_limited", "payment_id": "p"}', LogStream.SECURITY),
        ('{"event": "request"}', LogStream.ACCESS),
        ('{"message": "request"}', LogStream.ACCESS),
        ('{"event": "payment failed", "payment_id": "p"}', LogStream.AUDIT),
        ('{"event": "x", "payment_id": ""}', LogStream.APPLICATION),
        ("listening on 8080", LogStream.APPLICATION),
        (
            '{"event": "x", "share": NaN, "limit": [-1e999], "number": 123456789012345678901234567890}',
            LogStream.APPLICATION,
        ),
        ("", LogStream.APPLICATION),
        ("Traceback (most recent call last):", LogStream.APPLICATION),
    ],
)
def test_without_fluentd_a_line_has_its_place_by_the_rules(line: str, stream: LogStream) -> None:
    (traced,) = expected(line)
    search, archive = traced.arrivals
    assert search.tag == archive.tag == f"payment.{stream}"
    assert search.place == f"data stream logs-payment-service-{stream}"
    assert archive.place == f"s3://your-bucket/payment-service-logs/%Y/%m/%d/%Y%m%d%H-{stream}-CHUNK.gz"
    assert not traced.is_finding


@pytest.mark.parametrize("line", [b'CRI{"event": "cut off', b"rubbish 4111111111111111", b"\xff", b'{"event": "bare"}'])
def test_without_fluentd_what_cannot_be_read_goes_to_the_label_of_errors(line: bytes) -> None:
    (traced,) = expectations(pipeline(), as_file(), joined(line.replace(b"CRI", CRI)))
    (arrival,) = traced.arrivals
    assert (arrival.output, arrival.is_error) == ("unparsed", True)
    assert traced.is_finding
    assert "4111" not in traced.text


def test_without_fluentd_the_redaction_is_ours() -> None:
    (traced,) = expected('{"event": "x", "note": "4111 1111 1111 1111", "password": "hunter2"}')
    assert json.loads(traced.text) == {"event": "x", "note": "[card]", "password": "[redacted]"}
    assert traced.redacted == ("card number", "secret")


def test_the_chain_begins_where_lines_come_in_and_ends_at_the_outputs() -> None:
    labels = [step.partition(":")[0] for step in chain(pipeline(), as_file())]
    assert labels[:3] == ["@JOIN_PARTS", "@JOIN_TRACEBACKS", "@REDACT"]
    assert set(labels) == {each.argument for part in pipeline() for each in part.sections if each.name == "label"}
    assert "@ROUTE: rewrite_tag_filter streams (new tag by the first rule that holds) → @STORE" in chain(
        pipeline(), as_file()
    )


def written(output: str, place: str, **record: object) -> tuple[object, str, str]:
    (found,) = (each for each in outputs(pipeline()) if each.id == output)
    whole = {**record, TAG_FIELD: "payment.audit", TIME_FIELD: "2026-11-25T10:00:00.000000001Z"}
    return found, place, json.dumps(whole)


def traced_from(*lines: tuple[object, str, str]) -> Traced:
    (traced,) = results(joined(CRI + b"4111111111111111"), lines)  # type: ignore[arg-type]
    return traced


def test_a_record_looks_as_elasticsearch_gets_it() -> None:
    record = {LINE_FIELD: 1, "line_id": "aWQ=", "event": "[card]"}
    traced = traced_from(written("elasticsearch", "logs-payment-service-audit", **record))
    (arrival,) = traced.arrivals
    assert arrival.record == {"event": "[card]", "@timestamp": "2026-11-25T10:00:00.000000001Z"}
    assert (arrival.id, arrival.place) == ("aWQ=", "data stream logs-payment-service-audit")
    assert traced.redacted == ("card number",)


@pytest.mark.parametrize(
    ("inspected", "clean"),
    [
        ('{"unreadable"=>"x", "payobs_line"=>1}', '{"unreadable"=>"x"}'),
        ('{"payobs_line"=>1, "unreadable"=>"x"}', '{"unreadable"=>"x"}'),
        ('{"stream" => "stdout", "payobs_line" => 1, "log" => "x"}', '{"stream" => "stdout", "log" => "x"}'),
    ],
)
def test_the_text_of_what_could_not_be_read_is_as_it_would_be(inspected: str, clean: str) -> None:
    (arrival,) = traced_from(written("unparsed", "/var/log/fluentd-unparsed/20261125", record=inspected)).arrivals
    assert arrival.record == {"record": clean}
    assert arrival.place == "file /var/log/fluentd-unparsed/20261125"


@pytest.mark.parametrize(
    "line", ["", "{", "1", "[]", "{}", '{"payobs_line": 1}', '{"payobs_tag": "a", "payobs_time": 1}']
)
def test_what_is_no_record_is_refused(line: str) -> None:
    output, place, _ = written("archive", "x")
    with pytest.raises(ValueError, match="expected a record with its line, tag and time"):
        traced_from((output, place, line))
