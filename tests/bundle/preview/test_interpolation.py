"""What is put into queries and addresses, as Grafana does it."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_bundle.preview.interpolation import Datum, in_address, in_query, in_text
from payment_bundle.preview.interval import duration, interval, rate_interval
from payment_bundle.preview.model import Variable
from payment_bundle.preview.timerange import TimeRange, TimeRangeError, parse_range
from payment_bundle.preview.variables import ALL, Choice, LabelValues, label_values
from payment_catalog.promql import parse

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = parse_range("now-1h", "now", NOW)


def choice(*values: str, multi: bool = True, all_value: str = ".+", options: tuple[str, ...] = ()) -> Choice:
    variable = Variable(name="environment", type="query", multi=multi, include_all=multi, all_value=all_value)
    return Choice(variable, values, options)


def asked(expression: str, chosen: Choice, span: TimeRange = HOUR, step: float = 15) -> str:
    return in_query(expression, {"environment": chosen}, span, step, rate_interval(step, 15))


@pytest.mark.parametrize(
    ("chosen", "inside"),
    [
        (choice(ALL), ".+"),
        (choice(ALL, all_value="", options=("a", "b.c")), r"(a|b\\.c)"),
        (choice("a"), "a"),
        (choice("a", "b"), "(a|b)"),
        (choice("a.b", "c|d"), r"(a\\.b|c\\|d)"),
        (choice('x"y', "z"), r"(x\"y|z)"),
        (choice("back\\slash", "z"), r"(back\\\\slash|z)"),
        (choice("a.b", multi=False), "a.b"),
        (choice('a"b\\', multi=False), r"a\"b\\"),
    ],
)
def test_choices_in_a_query(chosen: Choice, inside: str) -> None:
    assert asked('up{environment=~"$environment"}', chosen) == f'up{{environment=~"{inside}"}}'


@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda text: text != ALL), min_size=1, max_size=3))
def test_no_value_ends_the_string_that_it_stands_in(values: list[str]) -> None:
    for chosen in (choice(*values), choice(*values, multi=False)):
        for quoted in ('up{environment="$environment"}', 'up{environment=~"${environment:regex}"}'):
            matchers = parse(asked(quoted, chosen)).matchers.matchers
            assert [matcher.name for matcher in matchers] == ["environment"]


def test_builtins() -> None:
    query = "rate(x[$__rate_interval]) + rate(x[$__interval]) + rate(x[$__range]) + ${__range_s} + $__interval_ms"
    assert asked(query, choice("a")) == "rate(x[60s]) + rate(x[15s]) + rate(x[3600s]) + 3600 + 15000"
    assert asked("$unknown ${unknown} $__from", choice("a")) == "$unknown ${unknown} $__from"


@pytest.mark.parametrize(
    ("hours", "points", "least", "step", "rate"),
    [(1, 570, 15, 15, 60), (24, 570, 15, 120, 135), (168, 1200, 15, 600, 615), (6, 1200, 30, 30, 120)],
)
def test_steps(hours: float, points: int, least: float, step: float, rate: float) -> None:
    assert interval(hours * 3600, points, least) == step
    assert rate_interval(step, least) == rate


def test_durations_are_promql() -> None:
    assert [duration(seconds) for seconds in (15, 0.5, 3600)] == ["15s", "500ms", "3600s"]


def test_addresses() -> None:
    chosen = {"environment": choice("a&b", "c")}
    datum = Datum("x", {"route": "/a b?"}, {"Route": "/r", "Two words": "w"}, "0.5", "50%", 1764072000000)
    url = (
        "https://kibana.example.org/?${__url_time_range}&${environment:queryparam}&label=${__field.labels.route}"
        '&column=${__data.fields.Route}&quoted=${__data.fields["Two words"]}&at=${__value.time}&from=${__from:date:iso}'
    )
    query = parse_qs(urlsplit(in_address(url, chosen, HOUR, datum)).query)
    assert query == {
        "from": ["now-1h", "2026-11-25T11:00:00.000Z"],
        "to": ["now"],
        "var-environment": ["a&b", "c"],
        "label": ["/a b?"],
        "column": ["/r"],
        "quoted": ["w"],
        "at": ["1764072000000"],
    }


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "${__value.text}"]
)
def test_addresses_that_no_browser_should_follow(url: str) -> None:
    assert in_address(url, {}, HOUR, Datum(text="javascript:alert(1)")) == ""


def test_texts_have_the_choice_as_people_read_it() -> None:
    assert in_text("Errors in $environment", {"environment": choice("a", "b")}) == "Errors in a + b"
    assert in_text("Errors in $environment", {"environment": choice(ALL)}) == "Errors in All"


def test_variable_queries() -> None:
    assert label_values('label_values(up{job=~"a|b", x="1,2"}, namespace)') == LabelValues(
        'up{job=~"a|b", x="1,2"}', "namespace"
    )
    assert label_values("label_values(job)") == LabelValues("", "job")
    assert label_values("query_result(up)") is None


@pytest.mark.parametrize(
    ("start", "end"), [("now", "now-1h"), ("yesterday", "now"), ("now-9999d", "now"), ("0", "now"), ("9" * 14, "now")]
)
def test_ranges_that_cannot_be_shown(start: str, end: str) -> None:
    with pytest.raises(TimeRangeError):
        parse_range(start, end, NOW)
