"""With what a server is asked: a key or a token, or a name and a password; each from a file, and never shown."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from payment_bundle.token_file import exposure, read_token
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from pathlib import Path

_PASSWORD = re.compile(r"[^\x00-\x1f\x7f]+")


class AccountError(ForeseenError):
    """An account that is given only in part or twice, or a file without a password."""


class Key(Enum):
    """What stands for a name and a password: the option that names its file, and the scheme of HTTP."""

    API_KEY = ("--api-key-file", "ApiKey")
    TOKEN = ("--token-file", "Bearer")

    @property
    def option(self) -> str:
        """The option that names its file."""
        return self.value[0]

    @property
    def scheme(self) -> str:
        """What stands before it in the header."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Account:
    """``authorization`` is the header's value, empty without an account; ``secret`` is what no error may quote."""

    authorization: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    warning: str = ""

    def hide(self, text: str) -> str:
        """Return ``text`` without the secret."""
        return text.replace(self.secret, "***") if self.secret else text


#: Who asks a server that wants to know nobody.
NOBODY = Account()


def read_account(username: str, password_file: Path | None, key_file: Path | None, key: Key = Key.API_KEY) -> Account:
    """Return the account; raises AccountError, and TokenFileError for a file without a key."""
    if key_file is not None:
        if username or password_file is not None:
            raise AccountError(f"{key.option} stands beside --username and --password-file; give one of them")
        text = read_token(key_file, key.option)
        return Account(f"{key.scheme} {text}", text, exposure(key_file, key.option))
    if bool(username) != (password_file is not None):
        raise AccountError(f"--username and --password-file go together; give both, or {key.option}")
    if password_file is None:
        return NOBODY
    password = _password(password_file)
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
    return Account(f"Basic {encoded}", password, exposure(password_file, "--password-file"))


def _password(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise AccountError(f"--password-file: {file} cannot be read: {error}") from None
    if not _PASSWORD.fullmatch(text):
        raise AccountError(f"--password-file: {file}: expected a password alone, on one line")
    return text
