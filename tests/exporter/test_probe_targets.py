"""``/probe?target=`` reaches what the configuration lists and nothing else, however the address is written."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpcore
import httpx
import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payment_catalog.errors import ForeseenError
from payment_exporter.configuration import Probe
from payment_exporter.probing.prober import Prober
from payment_exporter.probing.targets import TargetRefusedError, parse_target

CONFIGURATION = Probe(
    targets=("http://Payments.test:8080", "https://api.test", "http://127.0.0.1:8081", "http://gate.test/pay/"),
    allowed=("https://*.svc.test:8443", "http://fixed.test", "http://*.0.0.1", "http://*.0x1"),
)
DEFAULT_PORTS = {"http": 80, "https": 443}


def on_the_list(scheme: str, host: str, port: int) -> bool:
    """The list above, in other words than the program's."""
    first, _, rest = host.partition(".")
    return (scheme, host, port) in {
        ("http", "payments.test", 8080),
        ("https", "api.test", 443),
        ("http", "127.0.0.1", 8081),
        ("http", "gate.test", 80),
        ("http", "fixed.test", 80),
    } or ((scheme, rest, port) == ("https", "svc.test", 8443) and first.replace("-", "").isalnum())


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://payments.test:8080", "http://payments.test:8080"),
        ("http://payments.test:8080/", "http://payments.test:8080"),
        ("HTTP://PAYMENTS.Test:8080", "http://payments.test:8080"),
        ("https://api.test", "https://api.test:443"),
        ("https://api.test:443", "https://api.test:443"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://gate.test", "http://gate.test:80/pay"),
        ("http://fixed.test", "http://fixed.test:80"),
        ("https://a.svc.test:8443", "https://a.svc.test:8443"),
        ("https://pod-17.svc.test:8443", "https://pod-17.svc.test:8443"),
    ],
)
def test_what_is_listed_is_accepted_in_one_spelling(text: str, url: str) -> None:
    assert parse_target(text, CONFIGURATION).url == url


HOSTILE = (
    "",
    " ",
    "payments.test:8080",
    "//payments.test:8080",
    "http:payments.test:8080",
    "http:/payments.test:8080",
    "http:///payments.test:8080",
    "ftp://payments.test:8080",
    "file:///etc/passwd",
    "file://payments.test:8080",
    "gopher://payments.test:8080/_x",
    "javascript:alert(1)",
    # another host than it seems
    "http://payments.test:8080@evil.test",
    "http://user:secret@payments.test:8080",
    "http://@payments.test:8080",
    "http://payments.test:8080.evil.test",
    "http://payments.test.evil.test:8080",
    "http://evilpayments.test:8080",
    "http://evil.test/#http://payments.test:8080",
    "http://evil.test#@payments.test:8080",
    "http://evil.test?@payments.test:8080",
    "http://evil.test\\@payments.test:8080",
    "http://payments.test:8080\\@evil.test",
    "http://payments.test:8080#@evil.test",
    "http:\\\\payments.test:8080",
    "http://evil.test/payments.test:8080",
    # more than an origin
    "http://payments.test:8080//",
    "http://payments.test:8080/health",
    "http://payments.test:8080/../admin",
    "http://payments.test:8080/?a=b",
    "http://payments.test:8080?",
    "http://payments.test:8080#",
    "http://payments.test:8080;x",
    "http://gate.test/pay",
    # ports
    "http://payments.test",
    "http://payments.test:",
    "http://payments.test:8080:8080",
    "http://payments.test:08080",
    "http://payments.test:+8080",
    "http://payments.test:8081",
    "http://payments.test:-1",
    "http://payments.test:73616",
    "http://payments.test:80_80",
    "http://payments.test:\u0668\u0660\u0668\u0660",
    "https://api.test:80",
    "https://payments.test:8080",
    "http://api.test",
    "http://api.test:443",
    "https://fixed.test",
    "https://fixed.test:80",
    "http://fixed.test:8080",
    # addresses
    "http://127.0.0.1",
    "http://127.0.0.1:8080",
    "http://127.1:8081",
    "http://127.1",
    "http://\uff11\uff12\uff17.0.0.1:8081",
    "http://2130706433:8081",
    "http://0x7f000001:8081",
    "http://0x7f.1:8081",
    "http://0177.0.0.1:8081",
    "http://127.0.0.0x1",
    "http://10.0.0.1",
    "http://127.0x1",
    "http://169.254.169.254",
    "http://[::1]",
    "http://[::1]:8081",
    "http://[::ffff:127.0.0.1]:8081",
    "http://[payments.test]:8080",
    "http://0:8081",
    "http://localhost:8081",
    "http://127.0.0.1.:8081",
    # stars
    "https://*.svc.test:8443",
    "https://svc.test:8443",
    "https://.svc.test:8443",
    "https://a.b.svc.test:8443",
    "https://a..svc.test:8443",
    "https://asvc.test:8443",
    "https://a.svc.test",
    "https://a.svc.test:443",
    "http://a.svc.test:8443",
    "https://a_b.svc.test:8443",
    "https://-a.svc.test:8443",
    "https://a-.svc.test:8443",
    "https://xn--e1awd7f.svc.test:8443",
    "https://a.svc.test.:8443",
    f"https://{'a' * 64}.svc.test:8443",
    # letters, digits and dots of other scripts, and what cannot be seen
    "http://payments\u3002test:8080",
    "http://payments\uff0etest:8080",
    "http://\uff50ayments.test:8080",
    "http://payment\u017f.test:8080",
    "https://ap\u0131.test",
    "https://\u212a.svc.test:8443",
    "https://\u00e9.svc.test:8443",
    "http://127\u30020\u30020\u30021:8081",
    "http://\u246027.0.0.1:8081",
    "http://pay\u00adments.test:8080",
    "http://payments.test\u200b:8080",
    "\ufeffhttp://payments.test:8080",
    "http://%70ayments.test:8080",
    "http://payments%2etest:8080",
    "http://payments.test%00.evil.test:8080",
    "http://payments.test:8080%40evil.test",
    "http%3a//payments.test:8080",
    " http://payments.test:8080",
    "http://payments.test:8080 ",
    "http://payments.test:8080\n",
    "http://payments.test:8080\r\nHost: evil.test",
    "http://payments.test:8080/\n",
    "http://pay\tments.test:8080",
    "ht\ntp://payments.test:8080",
    "http://payments.test:8080\0",
    "http://payments.test\0.evil.test:8080",
    "http://payments.test:8080\x7f",
    "http://payments.test:8080/" + "/" * 100_000,
    "http://" + "a." * 100_000 + "test",
    "http://" + "payments.test:8080" * 10_000,
    "\ud800",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_everything_else_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        parse_target(text, CONFIGURATION)

    message = str(refused.value)
    assert message.isprintable()
    assert len(message) < 500
    assert "secret" not in message


def test_a_name_is_at_most_253_characters_long() -> None:
    suffix = ".".join(["a" * 60] * 4)
    configuration = Probe(allowed=(f"http://*.{suffix}",))

    assert len(parse_target(f"http://{'b' * 9}.{suffix}", configuration).host) == 253
    with pytest.raises(TargetRefusedError):
        parse_target(f"http://{'b' * 10}.{suffix}", configuration)


def test_a_refusal_says_what_was_asked_and_where_it_would_have_to_be_listed() -> None:
    with pytest.raises(TargetRefusedError) as refused:
        parse_target("http://Evil.test", CONFIGURATION)

    assert str(refused.value) == (
        "target http://evil.test:80 is neither in collectors.probe.targets nor matched by collectors.probe.allowed"
    )


def test_of_several_services_behind_one_name_the_one_with_the_shortest_path_is_meant() -> None:
    configuration = Probe(targets=("http://gate.test/pay", "http://gate.test", "http://gate.test/other"))

    assert parse_target("http://gate.test", configuration).url == "http://gate.test:80"


TOKENS = (
    *(
        "http",
        "https",
        "HTTP",
        "ftp",
        "://",
        ":",
        "//",
        "/",
        "\\",
        "@",
        "#",
        "?",
        "%",
        "%2e",
        ".",
        "*",
        "-",
        "&",
        "=",
        ";",
    ),
    *("payments.test", "PAYMENTS.test", "api.test", "svc.test", "a.svc.test", "fixed.test", "gate.test", "evil.test"),
    *(":8080", ":8443", ":80", ":443", ":0", ":08080", "8081", "a", "xn--a", "xn--e1awd7f"),
    *("127.0.0.1", "127.1", "0.0.1", "[::1]", "2130706433", "0x1"),
    *("\t", "\n", "\r", " ", "\0", "\u00ad", "\u200b", "\u3002", "\uff0e", "\u0668", "\u017f", "\u212a", "\u0131"),
)
PIECES = st.one_of(st.sampled_from(TOKENS), st.text(max_size=3))
SPELLINGS = st.sampled_from(
    ("http://payments.test:8080", "https://api.test", "http://127.0.0.1:8081", "https://a.svc.test:8443")
)


@st.composite
def _nearly_listed(draw: st.DrawFn) -> str:
    """A listed address, in any case, with a piece put somewhere or a character taken out."""
    text = draw(SPELLINGS)
    text = "".join(draw(st.sampled_from((letter, letter.upper()))) for letter in text)
    at = draw(st.integers(0, len(text)))
    cut = draw(st.sampled_from((0, 0, 1)))
    return text[:at] + draw(st.one_of(st.just(""), PIECES)) + text[at + cut :]


@settings(max_examples=600, deadline=None)
@given(st.one_of(_nearly_listed(), st.lists(PIECES, max_size=8).map("".join), st.text(max_size=40)))
@example("http://payments.test:8080")
@example("HTTPS://B.svc.TEST:8443/")
@example("https://api.test:443")
def test_every_client_sees_the_same_listed_origin_in_what_is_accepted(text: str) -> None:
    try:
        target = parse_target(text, CONFIGURATION)
    except TargetRefusedError:
        return

    origin = (target.scheme, target.host, target.port)
    assert on_the_list(*origin)
    assert _by_urllib(text) == origin
    assert _by_httpx(text) == origin
    assert _by_requests(text) == origin
    asked = httpcore.URL(f"{target.url}/health").origin
    assert (asked.scheme.decode(), asked.host.decode(), asked.port) == origin


def _by_urllib(text: str) -> tuple[str, str | None, int]:
    parts = urlsplit(text)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]


def _by_httpx(text: str) -> tuple[str, str, int]:
    url = httpx.URL(text)
    return url.scheme, url.raw_host.decode(), url.port or DEFAULT_PORTS[url.scheme]


def _by_requests(text: str) -> tuple[str, str | None, int]:
    url = requests.Request("GET", text).prepare().url
    assert url is not None
    return _by_urllib(url)


@pytest.mark.parametrize(
    ("configuration", "gateway", "key"),
    [
        (Probe(targets=("http://a.test:99999",)), None, "collectors.probe.targets"),
        (Probe(targets=("http://a..test",)), None, "collectors.probe.targets"),
        (Probe(allowed=("http://*.a.test:99999",)), None, "collectors.probe.allowed"),
        (Probe(), "https://user:secret@gateway.test", "gateway"),
    ],
)
def test_an_impossible_address_in_the_configuration_is_said_at_the_start(
    configuration: Probe, gateway: str | None, key: str
) -> None:
    with pytest.raises(ForeseenError) as error:
        Prober(configuration, gateway)

    assert str(error.value) == f"{key}: an address is not of the form http(s)://host[:port][/path]"
