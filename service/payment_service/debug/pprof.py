"""Profiles in pprof's format: gzipped protobuf.

The field numbers are those of https://github.com/google/pprof/blob/main/proto/profile.proto, the encoding is
https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_service.debug.profile import Frame, Profile, Sample, ValueType

_VARINT, _LENGTH_DELIMITED = 0, 2
_UINT64 = (1 << 64) - 1
_MAPPING = 1


def encode(profile: Profile, program: str) -> bytes:
    """Return the profile as a ``.pb.gz`` file; ``program`` is the path that tools show as its binary.

    The same profile gives the same bytes.
    """
    tables = _Tables()
    samples = [_message(2, _sample(tables, sample)) for sample in profile.samples]
    head = [_message(1, _value_type(tables, kind)) for kind in profile.sample_types]
    mapping = (
        _number(1, _MAPPING)
        + _number(5, tables.string(program))
        + b"".join(_number(flag, 1) for flag in (7, 8, 9))  # functions, files and lines are known
    )
    tail = [
        _number(9, profile.started),
        _number(10, profile.duration),
        _message(11, _value_type(tables, profile.period_type)) if profile.period_type else b"",
        _number(12, profile.period),
        _packed(13, [tables.string(comment) for comment in profile.comments]),
        _number(14, tables.string(profile.sample_types[-1].name)),
    ]
    strings = [_message(6, text.encode("utf-8", "backslashreplace")) for text in tables.strings]
    parts = [*head, *samples, _message(3, mapping), *tables.locations, *tables.functions, *strings, *tail]
    return gzip.compress(b"".join(parts), compresslevel=6, mtime=0)


@dataclass(slots=True)
class _Tables:
    """Strings, functions and locations, each written once and named by its number."""

    strings: dict[str, int] = field(default_factory=lambda: {"": 0})
    functions: list[bytes] = field(default_factory=list)
    locations: list[bytes] = field(default_factory=list)
    function_ids: dict[tuple[str, str, int], int] = field(default_factory=dict)
    location_ids: dict[Frame, int] = field(default_factory=dict)

    def string(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))

    def function(self, frame: Frame) -> int:
        key = (frame.function, frame.file, frame.start_line)
        if key not in self.function_ids:
            number = self.function_ids[key] = len(self.function_ids) + 1
            # Field 3, the mangled name, stays empty: tools would take "<locals>" for a C++ template and cut it.
            message = _number(1, number) + _number(2, self.string(frame.function))
            message += _number(4, self.string(frame.file)) + _number(5, frame.start_line)
            self.functions.append(_message(5, message))
        return self.function_ids[key]

    def location(self, frame: Frame) -> int:
        if frame not in self.location_ids:
            number = self.location_ids[frame] = len(self.location_ids) + 1
            line = _number(1, self.function(frame)) + _number(2, frame.line)
            self.locations.append(_message(4, _number(1, number) + _number(2, _MAPPING) + _message(4, line)))
        return self.location_ids[frame]


def _sample(tables: _Tables, sample: Sample) -> bytes:
    labels = [
        _message(3, _number(1, tables.string(key)) + _number(2, tables.string(value))) for key, value in sample.labels
    ]
    locations = [tables.location(frame) for frame in sample.stack]
    return _packed(1, locations) + _packed(2, sample.values) + b"".join(labels)


def _value_type(tables: _Tables, kind: ValueType) -> bytes:
    return _number(1, tables.string(kind.name)) + _number(2, tables.string(kind.unit))


def _varint(value: int) -> bytes:
    value &= _UINT64
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value) if value else b""


def _message(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(payload)) + payload


def _packed(number: int, values: Iterable[int]) -> bytes:
    payload = b"".join(map(_varint, values))
    return _message(number, payload) if payload else b""
