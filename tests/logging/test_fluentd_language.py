"""The language of Fluentd's configuration: what is printed is read back, and what cannot be read is named by line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_logging.fluentd import (
    Environment,
    FluentdSyntaxError,
    Include,
    Interpolated,
    Item,
    Pattern,
    Ruby,
    Section,
    Size,
    Value,
    parse_sections,
    plain,
    print_sections,
    print_value,
)

NAMES = st.text(min_size=1).filter(lambda name: not name.startswith("@"))
SECTION_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
).filter(lambda value: isinstance(value, list | dict))
RUBY = st.sampled_from(["worker_id", "ENV['A'] || '}'", "{ 'a' => 1 }.size", "hostname"]).map(Ruby)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.text(),
    st.integers(),
    st.booleans(),
    st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400)),
    st.builds(Size, st.integers(min_value=0), st.sampled_from(["", "k", "m", "g", "t"])),
    st.builds(Pattern, st.text(), st.sampled_from(["", "i", "m", "im"])),
    st.builds(Environment, st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True)),
    st.builds(Interpolated, st.lists(st.text() | RUBY, max_size=4).map(tuple)),
    JSON,
)
PATTERNS = st.text(alphabet="ab #/\\'\"\t").map(lambda text: f"/{text}/")


def sections(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Item]:
    def section(inner: st.SearchStrategy[Item]) -> st.SearchStrategy[Item]:
        parameters = st.dictionaries(NAMES, values, max_size=3)
        return st.builds(Section, SECTION_NAMES, st.text(), parameters, st.lists(inner, max_size=2).map(tuple))

    return section(st.recursive(st.builds(Include, st.text(min_size=1)), section, max_leaves=4))


@given(st.lists(sections(VALUES), max_size=3).map(tuple))
def test_what_is_printed_is_read_back(items: tuple[Item, ...]) -> None:
    assert parse_sections(print_sections(items)) == tuple(plain(item) for item in items)


@given(SECTION_NAMES, st.text(), NAMES, st.text())
def test_no_text_breaks_out_of_its_place(section: str, argument: str, name: str, value: str) -> None:
    items = (Section(section, argument, {name: value, "after": "here"} if name != "after" else {name: value}),)
    assert parse_sections(print_sections(items)) == items


@given(st.lists(sections(VALUES | PATTERNS), max_size=2).map(tuple))
def test_what_was_read_is_printed_as_it_was(items: tuple[Item, ...]) -> None:
    text = print_sections(items)
    assert print_sections(parse_sections(text)) == text


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a b   # a comment", "a b"),
        ("a#b", "a#b"),
        ("# no comment", "# no comment"),
        (r"'it''s'", None),
        (r"'\d \' \\ #{x}'", r"\d ' \ #{x}"),
        (r'"a\tb \"c\" \#{x}"', 'a\tb "c" #{x}'),
        ('"two\nlines"', "two\nlines"),
        ('"one\\\nline"', "oneline"),
        ("\"#{ENV['A_B']}\"", Environment("A_B")),
        ('"w-#{worker_id}.log"', Interpolated(("w-", Ruby("worker_id"), ".log"))),
        ('"#{{1 => "}"}[1]}"', Interpolated((Ruby('{1 => "}"}[1]'),))),
        ('["a", "b"] # c', ["a", "b"]),
        ('[\n  "a", # first\n  "#b"\n]', ["a", "#b"]),
        ('{\n  "a": {"b": [1, 2]}\n}', {"a": {"b": [1, 2]}}),
        ("", ""),
    ],
)
def test_values_are_read_as_fluentd_reads_them(written: str, value: Value | None) -> None:
    text = f"<source>\n  x {written}\n  y z\n</source>\n"
    if value is None:
        with pytest.raises(FluentdSyntaxError, match="line 2: expected the end of the line after the value of x"):
            parse_sections(text)
        return
    assert parse_sections(text) == (Section("source", "", {"x": value, "y": "z"}),)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<match a>\n  <buffer>\n</match>\n", "line 3: expected </buffer> for line 2, found </match>"),
        ("<match a>\n  @type null\n", "line 1: <match> is never closed: expected </match>"),
        ("</match>\n", "line 1: </match> closes nothing"),
        ("<match a>  @type null\n</match>", "line 1: expected the end of the line after <match>, found @type null"),
        ("<match a\n  @type null\n</match>", "line 2: expected > at the end of <match"),
        ("\nport 1\n", "line 2: expected a section, an @include or a comment, found the parameter port"),
        ("<source>\n  a 'b\n  c d\n</source>", "line 2: expected ' at the end of the single-quoted string"),
        ('<source>\n  a "b\n', 'line 2: expected " at the end'),
        ('<source>\n  a "\\d"\n</source>', r"line 2: \\d is no escape: expected one of"),
        ('<source>\n  a "#{b"\n</source>', "line 2: expected } at the end of the Ruby code"),
        ('<source>\n  a ["b",\n</source>', "line 2: expected ] at the end of the array"),
        ("<source>\n  @kind tail\n</source>", "line 2: expected one of @type, @id, @label, @log_level"),
        ("<>\n</>", "line 1: expected the name of a section"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_line(text: str, error: str) -> None:
    with pytest.raises(FluentdSyntaxError, match=error.replace("(", r"\(")):
        parse_sections(text)


def test_lines_are_kept_and_a_repeated_parameter_is_known() -> None:
    (section,) = parse_sections("# a comment\n<match a.** b>\n  @type null\n\n  @type stdout\n</match>\n")
    assert isinstance(section, Section)
    assert (section.argument, section.text("@type")) == ("a.** b", "stdout")
    assert (section.lines.opened, section.lines.of("@type"), section.lines.repeated) == (2, 5, (("@type", 5),))


def test_an_include_stands_in_its_place() -> None:
    items = (Include("parts/*.conf"), Section("label", "@A", {}, (Include("a b.conf"),)))
    assert parse_sections(print_sections(items)) == items


def test_durations_and_sizes_have_one_unit() -> None:
    assert print_value(timedelta(minutes=90)) == "90m"
    assert print_value(timedelta(hours=24)) == "1d"
    assert print_value(timedelta(milliseconds=500)) == "0.5"
    assert print_value(Size(8, "m")) == "8m"


@pytest.mark.parametrize("name", ["a b", "a\nb", "<x>", "", "a\n"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        print_sections([Section(name, "", {})])


@pytest.mark.parametrize("name", ["", "@include", "@kind"])
def test_a_parameter_that_fluentd_would_take_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        print_sections([Section("source", "", {name: "x"})])


@pytest.mark.parametrize("code", ["a } + b", "'", "a\nb"])
def test_ruby_that_would_end_elsewhere_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        print_value(Interpolated((Ruby(code),)))


def test_a_secret_is_a_reference_to_the_environment() -> None:
    assert print_value(Environment("A_KEY")) == "\"#{ENV['A_KEY']}\""
    with pytest.raises(ValueError, match="cannot stand"):
        print_value(Environment("A'] + `id`"))
