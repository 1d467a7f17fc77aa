"""From an error of a driver or the system to one line for people, without any value from a row."""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from payment_catalog.errors import ForeseenError
from payment_service.maintenance.running import TerminatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: SQLSTATEs lock_not_available, which ``lock_timeout`` raises, and deadlock_detected (PostgreSQL's appendix A).
_LOCKED = {"55P03", "40P01"}
_DRIVER_CLASS = re.compile(r"^<class '[\w.]+'>: ")
_QUOTED_VALUE = re.compile(r"""(: |\bvalue |=)(".*"|'.*'|\(.*\))""")
_LONGEST = 500


@contextmanager
def explained(kind: type[ForeseenError], subject: str) -> Iterator[None]:
    """Turn what can go wrong with files, programs and databases into ``kind``, about ``subject``.

    TerminatedError stays what it is, as KeyboardInterrupt does.
    """
    try:
        yield
    except (kind, TerminatedError):
        raise
    except (ForeseenError, OSError, SQLAlchemyError, sqlite3.Error) as error:
        raise kind(f"{subject}: {reason(error)}") from None


def reason(error: BaseException) -> str:
    """Return what went wrong, in one line."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, OSError) and error.strerror:
        return ": ".join(filter(None, (str(error.filename or ""), error.strerror)))
    return one_line(_DRIVER_CLASS.sub("", str(error))) or type(error).__name__


def one_line(text: str) -> str:
    """Return the first line of a database's message: rows stand in its details, below, and in quotes."""
    first = text.strip().partition("\n")[0]
    printable = "".join(character if character.isprintable() else "?" for character in first)
    return _QUOTED_VALUE.sub(r"\1…", printable)[:_LONGEST]


def is_locked(error: DBAPIError) -> bool:
    """Return whether a statement gave up waiting for a lock."""
    if isinstance(error.orig, sqlite3.OperationalError):
        return error.orig.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return getattr(error.orig, "sqlstate", None) in _LOCKED
