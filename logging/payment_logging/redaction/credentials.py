r"""Expressions for credentials, by their form or by the name before them.

What stands before a value is kept as ``\1``. Behind it the value may be anything, even empty: so no text is read twice.
"""

from __future__ import annotations

from payment_logging.redaction.replacement import JSON_VALUE_END, SECRET, Replacement

#: Secret wherever they stand in a name.
_PARTS = (
    *("authorization", "cookie", "credential", "passphrase", "passwd", "password", "secret", "signature", "token"),
    *("access[_-]?key", "api[_-]?key", "private[_-]?key", "signing[_-]?key", "verify[_-]?key", "vrf[_-]?key"),
    *("account[_-]?number", "card[_-]?number", "card[_-]?no", "security[_-]?code"),
)
#: Secret where they are a word of the name.
_WORDS = ("cvc2?", "cvv2?", "iban", "otp", "pan", "pin", "pwd", "skey", "vcode")
#: The end of a name. One that says where a secret is kept is none.
_REST = r"[A-Za-z0-9_.-]{0,40}(?<!file)(?<!path)(?<!url)"
_NAME = rf"(?i:(?:{'|'.join(_PARTS)}){_REST}|(?<![A-Za-z0-9])(?:{'|'.join(_WORDS)})(?![A-Za-z0-9]))"
#: What binds a value to a name, in headers, queries, JSON, YAML and in the texts of Python's and Ruby's objects.
_BINDS = r"""(?:["'\\)\]]{0,5}|%22)[ \t]{0,4}(?:=>|[:=]|%3[AaDd])[ \t]{0,4}"""
_SCHEME = r"(?i:(?:apikey|basic|bearer|digest|token)[ \t]{1,4})?"

CREDENTIALS: tuple[Replacement, ...] = (
    # A value of JSON that is a number: with a bare mark the line could not be parsed any more.
    Replacement(
        rf'((?<!\\)"[A-Za-z0-9_.-]{{0,40}}{_NAME}":\x20?)-?[0-9][0-9.eE+-]*+{JSON_VALUE_END}', rf'\1"{SECRET}"'
    ),
    Replacement(rf"""({_NAME}{_BINDS}b?")(?:[^"\\]|\\.)*+""", rf"\1{SECRET}"),
    Replacement(rf"""({_NAME}{_BINDS}b?')(?:[^'\\]|\\.)*+""", rf"\1{SECRET}"),
    # A string within a string: it ends where its quote does, which is escaped as often.
    Replacement(rf"""({_NAME}{_BINDS}b?\\{{1,4}}["'])(?:[^"'\\]|\\++[^"'\\])*+""", rf"\1{SECRET}"),
    Replacement(r"""((?i:cookie)[ \t]{0,4}[:=][ \t]{0,4})[^"'\\\r\n]++""", rf"\1{SECRET}"),
    Replacement(
        rf"""({_NAME}{_BINDS}{_SCHEME})(?!(?:null|true|false|None|True|False)(?![A-Za-z0-9]))[^\s&,;"'<>\\(){{}}\[\]]++""",
        rf"\1{SECRET}",
    ),
    Replacement(r"((?i:basic|bearer)(?:[ \t+]|%20){1,4})(?!(?i:auth))[A-Za-z0-9_.~+/=-]++", rf"\1{SECRET}"),
    # A JSON web token (RFC 7519), or part of one: base64 of what begins with a brace and a quote.
    Replacement(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]++\.[A-Za-z0-9_.-]*+", SECRET),
    Replacement(r"psk_[A-Za-z0-9_-]{16}[A-Za-z0-9_-]*+", SECRET),
    Replacement(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])", SECRET),
    Replacement(r"""(://)[^\s/"'<>\\@]{1,256}@""", rf"\1{SECRET}@"),
    # SQLAlchemy's errors end in the values that were sent to the database.
    Replacement(r"""(\[parameters:\x20)(?:[^"\\\r\n]|\\.)*+""", rf"\1{SECRET}"),
    Replacement(r"(-----BEGIN\x20[A-Z\x20]{0,24}PRIVATE\x20KEY-----)(?:[A-Za-z0-9+/=\s]|\\[nr])*+", rf"\1{SECRET}"),
)
