"""Values made from files, and made again when the files change."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

ValueT = TypeVar("ValueT")
Stamp = tuple[int, ...]


def stamp(file: Path) -> Stamp:
    """Return what changes with the file: times in ns, size, inode and device. Empty for one that cannot be looked at.

    A link is followed: Kubernetes changes mounted secrets by turning a link.
    """
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev


class Fresh(Generic[ValueT]):
    """The value that ``make`` makes, made again when ``state`` returns something else than before.

    Making it the first time raises what ``make`` raises. Later a ForeseenError keeps the value as it was, and is
    logged once for each change. Used by one thread.
    """

    def __init__(self, what: str, state: Callable[[], object], make: Callable[[], ValueT]) -> None:
        self._what = what
        self._state = state
        self._make = make
        self._seen = state()
        self._value = make()

    def __call__(self) -> ValueT:
        """Return the value as it is now."""
        state = self._state()
        if state != self._seen:
            self._seen = state
            try:
                self._value = self._make()
            except ForeseenError as error:
                log.error("change not taken over what=%s reason=%s", self._what, error)  # noqa: TRY400 - foreseen
            else:
                log.info("change taken over what=%s", self._what)
        return self._value
