"""The model of Fluentd's configuration: whatever a value holds, it stays one value in its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_logging.fluentd import Environment, Include, Section, print_sections, print_value


@given(st.text())
def test_a_value_stays_one_value_on_one_line(value: str) -> None:
    try:
        printed = print_value(value)
    except ValueError:
        assert any(ord(character) < 32 for character in value)
        return
    assert len(printed.splitlines()) <= 1 or not {"\n", "\r"} & set(printed)
    if printed != value:
        assert printed[0] == printed[-1] == "'"
        assert re.fullmatch(r"(?:[^'\\]|\\.)*", printed[1:-1], re.DOTALL)
        assert re.sub(r"\\(.)", r"\1", printed[1:-1], flags=re.DOTALL) == value


@pytest.mark.parametrize("name", ["a b", "a\nb", "<x>", ""])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        print_sections([Section(name, "", {})])


def test_a_secret_is_a_reference_to_the_environment() -> None:
    assert print_value(Environment("A_KEY")) == "\"#{ENV['A_KEY']}\""
    with pytest.raises(ValueError, match="cannot stand"):
        print_value(Environment("A'] + `id`"))


def test_a_file_is_included_where_it_stands() -> None:
    assert print_sections([Include("10-system.conf"), Section("worker", "0", {})]) == (
        "@include 10-system.conf\n\n<worker 0>\n</worker>\n"
    )
