"""Where archived files go, and how it can fail."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, BinaryIO, Protocol

from payment_catalog.errors import ForeseenError
from payment_logging.archive.log_file import FileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_logging.archive.content import Content


class AccessError(ForeseenError):
    """The bucket cannot be used at all: no credentials, no right, no bucket."""


class UnavailableError(FileError):
    """The server does not answer, or says that it cannot now; another run may succeed."""


class AlreadyThereError(FileError):
    """Something has come to be under the key: perhaps what was sent, where the first answer was lost."""


class There(Enum):
    """What the bucket has under a key."""

    NOTHING = "nothing"
    SAME = "the same"
    OTHER = "something else"


class Store(Protocol):
    """A bucket. Every method raises AccessError, UnavailableError, or FileError for what concerns one key."""

    def check(self) -> None:
        """Return when the bucket is there and may be used."""

    def there(self, key: str, content: Content) -> There:
        """Compare what is under ``key`` with ``content``, by size and checksum."""

    def put(self, key: str, stream: BinaryIO, content: Content, sent: Callable[[int], None]) -> None:
        """Store ``stream``, which holds ``content``, unless something is there; ``sent`` is told bytes as they go.

        Raises AlreadyThereError where something has come to be there.
        """

    def address(self, key: str) -> str:
        """Return what people call the object."""
