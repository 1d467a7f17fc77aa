"""What the pipeline takes out of a line: no card number and no credential stays, whatever stands between and around."""

from __future__ import annotations

import hashlib
import json
import random
import re
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_catalog.card_issuers import ISSUERS
from payment_logging.redaction import CARDS, CREDENTIALS, REPLACEMENTS
from payment_service.logs.cards import has_check_digit
from payment_service.logs.lines import LineRenderer
from payment_service.logs.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from payment_logging.redaction import Replacement

_COMPILED = {each: re.compile(each.expression) for each in REPLACEMENTS}


def redacted(text: str, replacements: Iterable[Replacement] = REPLACEMENTS) -> str:
    for each in replacements:
        text = _COMPILED[each].sub(each.replacement, text)
    return text


def cards(count: int) -> list[str]:
    """Return numbers of every issuer and length in turn, the same in each run, with their check digit."""
    chance = random.Random(20261125)
    kinds = [(low, high, length) for low, high, lengths in ISSUERS for length in lengths]
    numbers = []
    for index in range(count):
        low, high, length = kinds[index % len(kinds)]
        prefix = str(chance.randint(int(low), int(high.ljust(len(low), "9"))))
        body = prefix + "".join(str(chance.randrange(10)) for _ in range(length - len(prefix) - 1))
        numbers += [body + digit for digit in "0123456789" if has_check_digit(body + digit)]
    return numbers


CARD_NUMBERS = cards(1000)
SEPARATORS = (
    *(
        " ",
        "-",
        ".",
        "/",
        "_",
        "+",
        "  ",
        " - ",
        "\t",
        "\n",
        "\u00a0",
        "\u00ad",
        "\u2009",
        "\u200b",
        "\u202f",
        "\ufeff",
    ),
    *("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\u00b7"),
    *("%20", "%2D", "%2d", "%2F", "%2520", "%252D", "%C2%A0", "%E2%80%91", "%e2%80%93", "%09"),
    *(
        "\\n",
        "\\t",
        "\\\\n",
        "\\u2011",
        "\\u00a0",
        "\\u0020",
        "\\u002d",
        "\\\\u2013",
        "\\xa0",
        "\\/",
        "&nbsp;",
        "&#45;",
    ),
)


def grouped(number: str, *sizes: int) -> list[str]:
    """Cut ``number`` into groups of ``sizes``, the last size again and again."""
    groups, rest = [], number
    for index in range(len(number)):
        size = sizes[min(index, len(sizes) - 1)]
        if rest:
            groups.append(rest[:size])
        rest = rest[size:]
    return groups


SHAPES: dict[str, Callable[[str, str], str]] = {
    "fours": lambda number, separator: separator.join(grouped(number, 4)),
    "four, six, the rest": lambda number, separator: separator.join(grouped(number, 4, 6, 9)),
    "six and the rest": lambda number, separator: separator.join(grouped(number, 6, 13)),
    "pairs": lambda number, separator: separator.join(grouped(number, 2)),
    "threes": lambda number, separator: separator.join(grouped(number, 3)),
    "single digits": lambda number, separator: separator.join(number),
}
FRAMES = (
    "{}",
    "card {} declined",
    'payment failed for "{}", code 51',
    '{{"event": "paid", "note": "with {}!"}}',
    "GET /pay?pan={}&amount=100",
    "card%3D{}%26x%3D1",
    "%20{}%0A",
    "q=\\u003d{}",
    "text\\n{}\\n",
    "%B{}^DOE/JOHN^2512101",
    "number:{},exp 12/29",
    "({})",
    "<pan>{}</pan>",
    "card{}exp1229",
)


def test_the_numbers_are_of_every_issuer_and_length() -> None:
    assert len(CARD_NUMBERS) == 1000
    assert {len(number) for number in CARD_NUMBERS} == set(range(12, 20))


@pytest.mark.parametrize("frame", FRAMES)
def test_no_card_number_stays_in_any_frame(frame: str) -> None:
    for number in CARD_NUMBERS:
        line = redacted(frame.format(number), CARDS)
        assert line == frame.format("[card]")


def test_a_card_number_beside_other_numbers_goes_with_part_of_them_at_most() -> None:
    for number in CARD_NUMBERS:
        line = redacted(f"12:00:00 {' '.join(grouped(number, 4))} 2024-11-25", CARDS)
        assert line.startswith("12:00:00 [card]"), number


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_no_card_number_stays_with_separators(shape: str, separator: str) -> None:
    for number in CARD_NUMBERS:
        written = SHAPES[shape](number, separator)
        # Two groups with a dot between are a decimal.
        if separator != "." or written.count(".") > 1:
            assert redacted(f'said "{written}" twice', CARDS) == 'said "[card]" twice', written


@given(
    number=st.sampled_from(CARD_NUMBERS),
    separators=st.lists(st.sampled_from([each for each in SEPARATORS if each != "."]), min_size=5, max_size=5),
    frame=st.sampled_from(FRAMES),
)
def test_no_card_number_stays_where_the_separators_differ(number: str, separators: list[str], frame: str) -> None:
    groups = grouped(number, 4)
    written = groups[0] + "".join(separator + group for separator, group in zip(separators, groups[1:], strict=False))
    assert redacted(frame.format(written), CARDS) == frame.format("[card]")


def test_a_card_number_that_is_a_number_leaves_json() -> None:
    for number in CARD_NUMBERS:
        line = json.dumps({"event": "paid", "reference": int(number), "amount": 100})
        assert json.loads(redacted(line)) == {"event": "paid", "reference": "[card]", "amount": 100}


_TIMES = st.integers(10**9, 2 * 10**9)
_DATES = st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - written as they are


@given(
    st.one_of(
        _DATES.flatmap(lambda at: st.integers(0, 9999).map(lambda number: f"order-{at:%Y%m%d}-{number:04}")),
        st.integers(0, 10**11).map(str),
        st.decimals(0, 10**9, places=2).map(str),
        st.floats(0, 10**9).map(str),
        *(_TIMES.map(lambda seconds, factor=10**places: str(seconds * factor)) for places in (0, 3, 6, 9)),
        _DATES.map(lambda at: at.isoformat(sep=" ")),
        _DATES.map(lambda at: at.replace(tzinfo=UTC).isoformat()),
        st.timedeltas(timedelta(), timedelta(days=999)).map(lambda span: str(span.total_seconds())),
        st.lists(st.integers(0, 2**32 - 1).map(lambda address: str(IPv4Address(address))), max_size=3).map(" ".join),
        st.uuids(version=4).map(str),
        st.integers(0, 999_999_999).map(lambda number: f"+60{number:09}"),
        st.binary().map(lambda content: hashlib.sha256(content).hexdigest()),
    )
)
def test_order_numbers_amounts_times_and_ids_stay(text: str) -> None:
    assert redacted(f"order {text}") == f"order {text}"
    line = json.dumps({"order_id": text, "amount_minor": 125000})
    assert redacted(line) == line


def test_ids_are_hardly_ever_taken_for_a_card_number() -> None:
    chance = random.Random(1)
    ids = [f"{chance.getrandbits(128):032x}" for _ in range(20_000)]
    ids += [f"{word[:8]}-{word[8:12]}-4{word[13:16]}-a{word[17:20]}-{word[20:]}" for word in ids]
    assert sum(redacted(text, CARDS) != text for text in ids) <= len(ids) / 10_000


SECRETS = (
    *(
        '{{"password": "{}"}}',
        '{{"api_key":"{}","a":1}}',
        "{{'client_secret': '{}'}}",
        '{{"body": "{{\\"token\\": \\"{}\\"}}"}}',
    ),
    *("password={}&user=a", "PASSWORD: {}", "DB_PASSWORD => {}", "Authorization: Bearer {}", "authorization: Basic {}"),
    *("-H 'X-Api-Key: {}'", "Cookie: session={}; theme=dark", "https://user:{}@host/path", "cvv={}", "pin: {}"),
    *(
        "access_token%3D{}",
        "psk_{}{}",
        "Bearer%20{}",
        "[parameters: ('{}', 12)]",
        "private-key: {}",
        'card_number="{}"',
    ),
    *("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----"),
)


@pytest.mark.parametrize("form", SECRETS)
@given(secret=st.from_regex(r"[A-Za-z][A-Za-z0-9]{11,40}", fullmatch=True))
def test_no_credential_stays(form: str, secret: str) -> None:
    secret = f"q{secret}"
    assert secret not in redacted(form.format(secret, secret))


@pytest.mark.parametrize(
    "text",
    [
        "payment succeeded",
        "token expired, try again",
        "password_file: /etc/secrets/password",
        "spin: 4",
        '{"token": null, "secret": false}',
        "https://grafana.yourdomain.com/d/payment-service?from=now-1h&to=now",
        "span_id: 00f067aa0ba902b7",
        "basically bearers of news",
        "company: x",
    ],
)
def test_plain_text_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_credential_that_is_a_number_leaves_json() -> None:
    line = '{"event": "asked", "otp": 123456, "card": {"cvv": 123}, "amount": 5}'
    assert json.loads(redacted(line)) == {
        "event": "asked",
        "otp": "[redacted]",
        "card": {"cvv": "[redacted]"},
        "amount": 5,
    }


@given(
    st.dictionaries(
        st.text(max_size=20), st.text() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False), max_size=5
    )
)
def test_a_line_of_the_service_stays_json(fields: dict[str, object]) -> None:
    render = LineRenderer(Redactor((), lambda: None))
    line = render(None, "info", {**fields, "event": "a thing"})
    assert json.loads(redacted(line)).keys() == json.loads(line).keys()


@given(st.text(alphabet=st.sampled_from("45 -.%20\\nu:=\"'{}[]passwordtoken@/eyJ.")))
def test_what_was_redacted_stays_as_it_is(text: str) -> None:
    once = redacted(text)
    assert redacted(once, CREDENTIALS) == once or redacted(redacted(once)) == redacted(once)
