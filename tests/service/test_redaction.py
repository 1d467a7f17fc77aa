"""Card data and credentials do not pass the redactor; identifiers, times and amounts do."""

from __future__ import annotations

import json
import random
import re
from collections import namedtuple
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from payment_service.logs.cards import find_cards
from payment_service.logs.redaction import DEEPEST, LONGEST_TEXT, Redactor

#: First digits and length, as the schemes publish them.
SCHEMES = [
    *[("4", length) for length in (13, 16, 19)],
    *[(prefix, 16) for prefix in ("51", "53", "55", "2221", "2345", "2720", "3528", "3589")],
    *[(prefix, 15) for prefix in ("34", "37")],
    *[(prefix, 14) for prefix in ("300", "305", "36", "38")],
    *[(prefix, length) for prefix in ("6011", "644", "649", "65", "62") for length in (16, 19)],
    *[(prefix, length) for prefix in ("5018", "5893", "6304", "6759", "6763") for length in (12, 16, 19)],
]
#: What payment companies publish for testing.
PUBLISHED = [
    *("4111111111111111", "4012888888881881", "4222222222222", "4000000000000000006"),
    *("5555555555554444", "5105105105105100", "2223003122003222", "378282246310005", "371449635398431"),
    *("6011111111111117", "6011000990139424", "30569309025904", "38520000023237", "3530111333300000"),
    *("6200000000000005", "6205500000000000004", "6759649826438453", "501800000009"),
]
SEPARATORS = ["", " ", "-", ".", "_", "/", "  ", " - ", "\u00a0", "\u2013", "\t", "\n", "%20", "%2D", "+", "\\u00a0"]
BEFORE = [
    "",
    "card",
    "x",
    "a",
    "(",
    "pan ",
    '"',
    "%22",
    "%20",
    "%3A",
    "%2522",
    "\\u0022",
    "\\x22",
    "\\n",
    "=",
    "9,",
    "é",
]
AFTER = ["", "x", "f", ".", ")", "%22", "\\u0022", ",12", "=2512", "^DOE/J", "?a=1", " 12/27", "é"]


def check_digit(digits: str) -> str:
    """Luhn's, from the right, every second digit doubled."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    prefix, length = draw(st.sampled_from(SCHEMES))
    missing = length - 1 - len(prefix)
    digits = prefix + draw(st.text("0123456789", min_size=missing, max_size=missing))
    return digits + check_digit(digits)


@st.composite
def grouped(draw: st.DrawFn, number: str) -> str:
    """The number in groups: of four, as embossed, digit by digit, or as it comes."""
    sizes = draw(st.sampled_from([[4], [4, 6], [1], [2], [8], [6, 20], None]))
    separator = draw(st.sampled_from(SEPARATORS))
    groups: list[str] = []
    rest = number
    while rest:
        size = draw(st.integers(1, 8)) if sizes is None else sizes[min(len(groups), len(sizes) - 1)]
        groups.append(rest[:size])
        rest = rest[size:]
    # Two groups with a dot are a decimal number.
    return number if separator == "." and len(groups) == 2 else separator.join(groups)


def redactor(*secrets: str) -> Redactor:
    return Redactor(secrets, lambda: None)


def holds(text: str, number: str) -> bool:
    """Whether more than the four digits that may stay can still be read."""
    without_escapes = re.sub(r"\[card \*{4}\d{4}\]|%(?:25)?(?:20|2[0-9A-F]|C2%A0)|\\u00a0|\\u0022|\\x22", "", text)
    digits = re.sub(r"\D", "", without_escapes)
    return number in digits or number[:8] in digits or number[-8:] in digits


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_test_numbers_are_found(number: str) -> None:
    assert redactor().text(f"card {number} declined") == f"card [card ****{number[-4:]}] declined"


@given(st.data())
@settings(max_examples=600, deadline=None)
def test_every_number_in_every_notation_is_gone(data: st.DataObject) -> None:
    number = data.draw(numbers())
    written = data.draw(grouped(number))
    text = data.draw(st.sampled_from(BEFORE)) + written + data.draw(st.sampled_from(AFTER))
    assert "[card ****" in redactor().text(text)
    assert not holds(redactor().text(text), number)


@given(numbers())
@settings(max_examples=60, deadline=None)
def test_numbers_in_digits_of_other_scripts_are_gone(number: str) -> None:
    full_width = "".join(chr(ord("0") + int(digit)) for digit in number)
    assert redactor().text(f"カード{full_width}です") == f"カード[card ****{number[-4:]}]です"


@given(numbers(), st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_neighbours_do_not_hide_a_number(number: str, before: str, after: str) -> None:
    # Digits that touch the number make another number of it.
    text = f"{before}|{number}|{after}"
    assert number not in redactor().text(text)


def test_two_numbers_side_by_side_are_both_gone() -> None:
    text = redactor().text("4111 1111 1111 1111 5555 5555 5555 4444 378282246310005")
    assert re.sub(r"\[card \*+\d{4}\]", "", text).strip() == ""


def test_a_number_that_begins_before_another_reading_leaves_no_rest() -> None:
    # 12 digits of the second number would stay if only the first reading were replaced.
    assert not holds(redactor().text("4242 4242 4242 4242 4242 4242 4242"), "4242424242424242")


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "1717171717171",
        "1717171717171717171",
        "20240531123456",
        "2024-05-31T12:34:56.789012Z",
        "2024-05-31 12:34:56 2024-06-01 01:02:03",
        "10.20.30.40 51.10.20.30 192.168.101.102",
        "took 0.4111111111111111 s",
        "12.4111111111111111",
        "411111.1111111111",
        "amount 1050.00 MYR, 200000000 sen",
        "+60 12-345 6789",
        "41111111-1111-4111-8111-111111111111",
        "pay_41111111111141118111aaaaaaaaaaaa",
        "00-4bf92f3577b34daa4111111111111111-00f067aa0ba902b7-01",
        "94111111111111111234567",
        "",
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert redactor().text(text) == text


@pytest.mark.parametrize(
    ("prefix", "length"),
    [
        *[(prefix, 16) for prefix in ("2220", "2721", "3527", "3590", "56", "60", "643", "66", "7", "0", "1", "9")],
        *[("306", 14), ("35", 14), ("4", 12), ("4", 14), ("4", 15), ("34", 14), ("37", 16), ("51", 15), ("62", 15)],
        ("6764", 12),
    ],
)
def test_numbers_that_no_issuer_gives_out_stay(prefix: str, length: int) -> None:
    digits = prefix.ljust(length - 1, "3")
    assert redactor().text(digits + check_digit(digits)) == digits + check_digit(digits)


@given(st.uuids(), st.binary(min_size=16, max_size=16), st.integers(10**12, 2 * 10**12), st.datetimes())
@settings(max_examples=500, deadline=None)
def test_identifiers_and_times_stay(identifier: Any, trace: bytes, milliseconds: int, time: datetime) -> None:
    for text in (str(identifier), f"pay_{identifier}", trace.hex(), str(milliseconds), str(milliseconds * 10**6)):
        assert redactor().text(text) == text
    aware = time.replace(year=2000 + time.year % 100, tzinfo=UTC)
    assert redactor().text(aware.isoformat()) == aware.isoformat()


def test_few_span_ids_are_taken_for_a_number() -> None:
    draw = random.Random(7)
    hits = sum(bool(find_cards(f"{draw.getrandbits(64):016x}")) for _ in range(20_000))
    assert hits <= 6  # 16 digits without a letter, of an issuer, with a right check digit: 4 in 100,000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc.def-1", "Authorization: [redacted]"),
        ("authorization=Basic dXNlcjpwYXNz rest", "authorization=[redacted] rest"),
        ("sent Bearer abcdef", "sent Bearer [redacted]"),
        ("sent basic dXNlcjpwYXNz", "sent basic [redacted]"),
        ("Basic authentication failed", "Basic authentication failed"),
        ("key psk_abcdEFGH-_12345678 known", "key [redacted] known"),
        ("psk_short", "psk_short"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln!", "got [redacted]!"),
        ("redis://:p@ss@cache:6379/0", "redis://[redacted]@cache:6379/0"),
        ("postgresql+asyncpg://app:pw@db/payments", "postgresql+asyncpg://[redacted]@db/payments"),
        ("https://gateway/query?skey=ab12&amount=10.00", "https://gateway/query?skey=[redacted]&amount=10.00"),
        ("Cookie: a=b; c=d\nnext", "Cookie: [redacted]\nnext"),
        ('{"password": "a\\"b c", "user": "u"}', '{"password": [redacted], "user": "u"}'),
        ('"{\\"cvv\\": \\"123\\", \\"a\\": 1}"', '"{\\"cvv\\": [redacted], \\"a\\": 1}"'),
        ("%22pin%22%3A%221234%22", "%22pin%22%3A[redacted]"),
        ("Card(cvc='12', name='n')", "Card(cvc=[redacted], name='n')"),
        ("[(b'authorization', b'x y'), (b'host', b'h')]", "[(b'authorization', [redacted]), (b'host', b'h')]"),
        ("Key (iban)=(MY12 3456) already exists", "Key (iban)=[redacted] already exists"),
        ("[SQL: x]\n[parameters: ('tok_1', 5)]\nmore", "[SQL: x]\n[parameters: [redacted]\nmore"),
        ("pan=4111 1111 1111 1111 ok", "pan=[redacted] ok"),
        ("Bearer 4111 1111 1111 1111", "Bearer [redacted]"),
        ("psk_abcdefghijklmnop4111 1111 1111 1111", "[redacted]"),
        ("VERIFY_KEY_FILE: /run/secrets/key: no such file", "VERIFY_KEY_FILE: /run/secrets/key: no such file"),
        ("lifespan=4 company=5 security_event=forbidden", "lifespan=4 company=5 security_event=forbidden"),
    ],
)
def test_credentials_in_text(text: str, expected: str) -> None:
    assert redactor().text(text) == expected


@pytest.mark.parametrize("event", ["payment failed", "rate limit exceeded", "auth failed", "gateway is asked again"])
def test_what_people_search_for_stays(event: str) -> None:
    assert redactor().value({"event": event, "level": "ERROR"}) == {"event": event, "level": "ERROR"}


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "Cookie", "set-cookie", "password", "db_password", "secret", "client.secret", "token"),
        *("card_token", "cardToken", "CARD-TOKEN", "api_key", "X-Api-Key", "apikey", "verify_key", "verifyKey", "skey"),
        *("vcode", "VrfKey", "Signature", "pan", "cardPan", "PAN", "card_number", "Card Number", "cvv", "cvv2", "CVC"),
        *("pin", "userPin", "iban", "private_key"),
    ],
)
@pytest.mark.parametrize("value", ["short", 1234, None, ["a"], {"a": "b"}, b"x"])
def test_fields_by_name(name: str, value: Any) -> None:
    assert redactor().value({"outer": [{name: value, "kept": 1}]}) == {"outer": [{name: "[redacted]", "kept": 1}]}


@pytest.mark.parametrize("name", ["span_id", "company", "pinned", "event", "payment_id", "key", "route", "secret_file"])
def test_other_fields_stay(name: str) -> None:
    assert redactor().value({name: "value"}) == {name: "value"}


class Model(BaseModel):
    number: str
    cvv: str


@dataclass
class Plain:
    number: str
    cvv: str


Named = namedtuple("Named", ["number", "cvv"])


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("4111111111111111")


@pytest.mark.parametrize(
    "value",
    [
        "4111111111111111",
        4111111111111111,
        4111111111111111.0,
        Decimal("4111111111111111.00"),
        b"4111-1111-1111-1111",
        bytearray(b"\xff4111111111111111\xff"),
        memoryview(b"4111111111111111"),
        ["4111111111111111"],
        ("a", ("4111111111111111",)),
        {"4111111111111111"},
        {"4111111111111111": "key"},
        {4111111111111111: {b"4111111111111111": None}},
        ValueError("no such card: 4111111111111111"),
        ExceptionGroup("4111111111111111", [ValueError("4111111111111111")]),
        Model(number="4111111111111111", cvv="987"),
        Plain("4111 1111 1111 1111", "987"),
        Named("4111111111111111", "987"),
        Unprintable(),
        [{"a": [{"b": ({"c": "4111111111111111"},)}]}],
    ],
)
def test_numbers_in_any_value(value: Any) -> None:
    text = json.dumps(redactor().value({"field": value}), allow_nan=False)
    assert not holds(text, "4111111111111111")
    assert "987" not in text


def test_lists_of_headers() -> None:
    headers = [("Authorization", "x"), (b"x-api-key", b"y"), ("Host", "z")]
    assert redactor().value(headers) == [["Authorization", "[redacted]"], ["x-api-key", "[redacted]"], ["Host", "z"]]


@given(st.text("abcXYZ019-_/+&=%\"'\\ é", min_size=6, max_size=30), st.text(max_size=10), st.text(max_size=10))
@settings(max_examples=300, deadline=None)
def test_known_secrets_are_gone_in_every_form(secret: str, before: str, after: str) -> None:
    redact = redactor(secret).text
    for form in (secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        assert form not in redact(f"<{before}>{form}<{after}>").replace("[redacted]", "")


def test_short_values_are_no_secrets() -> None:
    assert redactor("", "a", "12345").text("a 12345") == "a 12345"


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | numbers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | numbers(), inner, max_size=4),
    max_leaves=20,
)
noise = st.lists(
    st.sampled_from(["token", "=", ":", '"', "'", "Bearer ", "4111111111111111", " ", "psk_aaaaaaaaaaaaaaaa", "[", "]"])
    | st.sampled_from(
        ["://", "@", "eyJabcde.x", "cookie", "\\", "(", ")", "\n", "%22", "[redacted]", ",", "a", "-", "4"]
    ),
    max_size=25,
).map("".join)


@given(noise | st.text())
@settings(max_examples=500, deadline=None)
def test_redacted_text_passes_unchanged(text: str) -> None:
    once = redactor("known-secret").text(text)
    assert redactor("known-secret").text(once) == once


@given(json_like)
@settings(max_examples=300, deadline=None)
def test_values_come_out_as_json_and_pass_unchanged(value: Any) -> None:
    once = redactor().value(value)
    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert redactor().value(once) == once
    assert not find_cards(json.dumps(once))


@given(st.text(st.characters(codec=None)))
@settings(max_examples=200, deadline=None)
def test_text_comes_out_as_valid_unicode(text: str) -> None:
    redactor().text(text).encode()


def test_each_number_is_counted_once() -> None:
    found: list[None] = []
    redact = Redactor((), lambda: found.append(None))
    redact.value({"a": "4111111111111111 and 5555555555554444", "b": [378282246310005], "c": "none"})
    assert len(found) == 3


def test_a_count_that_fails_does_not_matter() -> None:
    def fail() -> None:
        raise RuntimeError

    assert Redactor((), fail).text("4111111111111111") == "[card ****1111]"


@pytest.mark.parametrize("offset", range(0, 700, 7))
def test_what_is_cut_off_shows_no_half_number_or_secret(offset: int) -> None:
    secret = "s3cret" * 100
    text = "." * (LONGEST_TEXT - offset) + f" 4111 1111 1111 1111 {secret} " + "." * 10_000
    cut = redactor(secret).text(text)
    assert len(cut) <= LONGEST_TEXT
    assert cut.endswith("[truncated]")
    assert "4111" not in cut
    assert "s3cret" not in cut
    assert redactor(secret).text(cut) == cut


def test_a_cut_shows_no_half_secret_where_the_text_before_became_shorter() -> None:
    secret = "s3cret" * 50
    numbers_before = "4111 1111 1111 1111 " * 300
    for length in range(LONGEST_TEXT, LONGEST_TEXT + 1000, 50):
        text = numbers_before.ljust(length, ".") + secret + "." * 10_000
        assert "s3cret" not in redactor(secret).text(text)


@pytest.mark.parametrize("offset", range(12, 32))
def test_a_cut_text_passes_unchanged(offset: int) -> None:
    cut = redactor().text("." * (LONGEST_TEXT - offset) + " token=abc" * 1000)
    assert redactor().text(cut) == cut


def test_deep_and_endless_values_end() -> None:
    endless: list[Any] = []
    endless.extend([endless] * 10)
    assert len(json.dumps(redactor().value(endless))) < 100_000
    deep: Any = "x"
    for _ in range(DEEPEST + 5):
        deep = [deep]
    assert "[truncated]" in json.dumps(redactor().value(deep))
    assert redactor().value(list(range(5000)))[-1] == "[truncated]"
