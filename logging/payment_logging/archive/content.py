"""What a compressed file holds, as S3 sums it up."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEBIBYTE = 1 << 20
#: Bytes that are read, sent and held in memory at once.
PART_SIZE = 8 * _MEBIBYTE
#: Amazon S3, "multipart upload limits".
_MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Content:
    """Size and SHA-256 of a file, as a whole (in hexadecimal) and of each part that it is sent in."""

    size: int
    sha256: str
    part_size: int
    digests: tuple[bytes, ...]

    @property
    def checksums(self) -> tuple[str, ...]:
        """The parts' checksums as S3 writes them."""
        return tuple(b64encode(digest).decode() for digest in self.digests)

    @property
    def checksum(self) -> str:
        """The object's checksum as S3 computes it: of several parts, it is that of their checksums ("COMPOSITE")."""
        if len(self.digests) == 1:
            return self.checksums[0]
        return f"{b64encode(hashlib.sha256(b''.join(self.digests)).digest()).decode()}-{len(self.digests)}"


def content_of(stream: BinaryIO, size: int) -> Content:
    """Return the content of ``stream``, a file of ``size`` bytes; raises OSError."""
    part_size = size_of_parts(size)
    whole, digests, read = hashlib.sha256(), [], 0
    for part in parts(stream, part_size):
        whole.update(part)
        digests.append(hashlib.sha256(part).digest())
        read += len(part)
    return Content(read, whole.hexdigest(), part_size, tuple(digests))


def size_of_parts(size: int) -> int:
    """Return how many bytes a part of a file of ``size`` bytes has, in whole mebibytes."""
    least = -(-size // (_MOST_PARTS * _MEBIBYTE)) * _MEBIBYTE
    return max(PART_SIZE, least)


def parts(stream: BinaryIO, part_size: int) -> Iterator[bytes]:
    """Yield ``stream`` in parts of ``part_size`` bytes; an empty one is one empty part."""
    stream.seek(0)
    part = stream.read(part_size)
    yield part
    while len(part) == part_size and (part := stream.read(part_size)):
        yield part
