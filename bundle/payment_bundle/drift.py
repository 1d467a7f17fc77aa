"""Differences between the output directory and what the settings would generate."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from payment_bundle.manifest import MANIFEST, Manifest, ManifestError, read_manifest, render_manifest
from payment_catalog.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_REMEDY = "run 'make generate'"


def drift(directory: Path, rendered: Mapping[str, bytes], manifest: Manifest) -> Iterator[Finding]:
    """Yield a finding for each file that is missing, differs (with the first line that does) or is left over."""
    try:
        old = read_manifest(directory)
    except ManifestError as error:
        yield Finding(str(directory / MANIFEST), 1, "drift", str(error))
        return
    for path, content in {**rendered, MANIFEST: render_manifest(manifest)}.items():
        file = directory / path
        if not file.is_file():
            yield Finding(str(file), 0, "drift", f"is missing; {_REMEDY}")
        elif (present := file.read_bytes()) != content:
            line, found, expected = first_difference(present, content)
            yield Finding(
                str(file),
                line,
                "drift",
                f"differs from what is generated: found {found}, expected {expected}; {_REMEDY}",
            )
    for path in sorted(old.keys() - manifest.keys()):
        if (directory / path).exists():
            yield Finding(str(directory / path), 0, "drift", f"is no longer generated; {_REMEDY}")


def first_difference(present: bytes, expected: bytes) -> tuple[int, str, str]:
    """Return the 1-based line of the first difference, and that line on both sides."""
    lines = zip_longest(present.splitlines(keepends=True), expected.splitlines(keepends=True))
    for number, (left, right) in enumerate(lines, start=1):
        if left != right:
            return number, _shown(left), _shown(right)
    return 1, "the same lines", "other line ends"


def _shown(line: bytes | None) -> str:
    if line is None:
        return "the end of the file"
    text = line.decode(errors="replace").strip()
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
