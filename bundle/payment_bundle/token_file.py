"""Reads the bearer token that a server asks for; the token appears in no error."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from pathlib import Path

#: The option that names the file, unless said otherwise.
_OPTION = "--token-file"
#: RFC 6750, section 2.1: what may stand behind "Bearer".
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class TokenFileError(ForeseenError):
    """A file that holds no token."""


def read_token(file: Path, option: str = _OPTION) -> str:
    """Return the token that ``file`` holds, on one line; raises TokenFileError, which names ``option``."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenFileError(f"{option}: {file} cannot be read: {error}") from None
    if not text:
        raise TokenFileError(f"{option}: {file} is empty; expected the token, on one line")
    lines = len(text.splitlines())
    if lines > 1:
        raise TokenFileError(f"{option}: {file} has {lines} lines; expected the token alone, on one line")
    if not _TOKEN.fullmatch(text):
        raise TokenFileError(f"{option}: {file} holds a character that no token has, such as a blank or a quote")
    return text


def exposure(file: Path, option: str = _OPTION) -> str:
    """Return a warning where others than the owner may read or write ``file``, an empty text where nobody else may."""
    mode = stat.S_IMODE(file.stat().st_mode)
    if not mode & 0o077:
        return ""
    return f"{option}: {file} is open to others than its owner (mode {mode:04o}); 'chmod 600' closes it"
