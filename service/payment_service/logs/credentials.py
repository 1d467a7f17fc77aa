"""Finds credentials in text, by their form or by the name that stands before them, and knows names of secret fields."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What stands for a credential, and for the rest of something too long.
REDACTED, TRUNCATED = "[redacted]", "[truncated]"

#: Secret wherever they stand in a name, written in small letters and without what separates its words.
_SECRET = (
    *("authorization", "cookie", "credential", "passphrase", "passwd", "password", "secret", "signature", "token"),
    *("accesskey", "apikey", "privatekey", "signingkey", "verifykey", "vrfkey"),
    *("accountnumber", "cardnumber", "cardno", "securitycode"),
)
#: Secret where they are a word of the name.
_SECRET_WORDS = frozenset({"cvc", "cvv", "iban", "otp", "pan", "pin", "pwd", "skey", "vcode"})
#: Names with these endings say where a secret is kept.
_PLACES = ("file", "path", "url")

#: What is longer is no name of a field.
_LONGEST_NAME = 200

_SEPARATORS = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

#: A name and what binds a value to it, in headers, queries, JSON, YAML, and in the texts of Python's objects.
_ASSIGNMENT = re.compile(
    r"""(?x)
    (?<![\w.-]) (?P<name>[\w.-]++)
    (?: (?:["'\\)\]]{0,4}|%22) \s{0,8} (?:=>|[:=]|%3[AaDd]) \s{0,8}  |  ["'],\s?(?=b?["']) )
    """
)
_VALUE = re.compile(
    r"""(?xi)
    b?"(?:[^"\\]|\\.)*"?
    | b?'(?:[^'\\]|\\.)*'?
    | \\+["'].*?(?:\\+["']|$)
    | \([^)\n]*\)?
    | \[[^\]\n]*\]?
    | (?:(?:apikey|basic|bearer|digest|token)\s+)?[^\s&,;"'<>]+
    """
)
_COOKIES = re.compile(r"""b?"[^"\n]*"?|b?'[^'\n]*'?|[^\n"']+""")

_SCHEME = re.compile(r"(?i)(?:basic|bearer)(?:\s|%20|\+)+(?!auth)(?P<secret>[\w.~+/=-]+)")
_API_KEY = re.compile(r"(?P<secret>psk_[\w-]{16,})")
_USER_INFO = re.compile(r"://(?P<secret>[^\s/\"'<>]+)@")
#: SQLAlchemy's errors end in the values that were sent to the database.
_SQL_PARAMETERS = re.compile(r"\[parameters: (?P<secret>.+)")
_DOTTED = re.compile(r"(?<![\w.-])[\w-]++(?:\.[\w-]*+)++")
#: The beginning of every JSON object in base64, a JSON web token's head among them (RFC 7519).
_JSON_HEAD = "eyJ"


@lru_cache(maxsize=2048)
def is_secret_name(name: str) -> bool:
    """Return whether a field called ``name`` holds a secret or card data, in whatever case its words are joined."""
    plain = _SEPARATORS.sub("", name).lower()
    if plain.endswith(_PLACES):
        return False
    return any(secret in plain for secret in _SECRET) or any(
        word.lower() in _SECRET_WORDS for word in _WORDS.findall(name)
    )


def find_credentials(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each credential in ``text``, in no order; they may overlap."""
    # Looking for a plain text first is what keeps ordinary lines cheap.
    if "psk_" in text:
        yield from _spans(_API_KEY, text)
    if "://" in text:
        yield from _spans(_USER_INFO, text)
    if "[parameters: " in text:
        yield from _spans(_SQL_PARAMETERS, text)
    if _JSON_HEAD in text:
        yield from _web_tokens(text)
    small = text.lower()
    if "bearer" in small or "basic" in small:
        yield from _spans(_SCHEME, text)
    if "=" in text or ":" in text or "%3" in text or "'," in text or '",' in text:
        yield from _assigned(text)


def _spans(form: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in form.finditer(text):
        if match["secret"] != REDACTED:
            yield match.span("secret")


def _web_tokens(text: str) -> Iterator[tuple[int, int]]:
    for match in _DOTTED.finditer(text):
        start = text.find(_JSON_HEAD, match.start(), match.end())
        if start >= 0:
            yield start, match.end()


def _assigned(text: str) -> Iterator[tuple[int, int]]:
    assignment = _ASSIGNMENT.search(text)
    while assignment is not None:
        name, end = assignment["name"], assignment.end()
        if len(name) <= _LONGEST_NAME and is_secret_name(name) and not text.startswith((REDACTED, TRUNCATED), end):
            value = (_COOKIES if "cookie" in name.lower() else _VALUE).match(text, end)
            if value is not None:
                yield value.span()
                end = value.end()
        assignment = _ASSIGNMENT.search(text, end)
