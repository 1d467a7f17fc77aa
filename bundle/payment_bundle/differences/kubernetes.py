"""Where objects of a cluster, as ``kubectl get -o yaml`` prints them, differ from the generated manifests.

The cluster writes defaults out and keeps a status: what only it has is not compared, but for the elements of lists that
have names, such as containers, and for the content of ConfigMaps.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from payment_bundle.differences.comparison import Comparison, Difference, Nature
from payment_bundle.differences.tree import Reading, changes, same_duration
from payment_catalog.documents import TextDocument, YamlDocument
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path as File

    from payment_bundle.differences.tree import Change, Path
    from payment_catalog.documents import Documents

_Object: TypeAlias = "Mapping[str, Any]"
#: apiVersion, kind, namespace and name.
_Key: TypeAlias = tuple[str, str, str, str]

_DIRECTORY = "kubernetes/"
#: Files that change the objects of others instead of being any, and those that a cluster may do without: kustomize's.
_OVERLAYS, _COMPONENTS = "/overlays/", "/components/"
_KUSTOMIZE = "kustomize.config.k8s.io"
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
#: Quantities: a number with a suffix of thousands or of 1024s ("Quantity" of Kubernetes' API).
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([numkKMGTPE]i?)?")
_SCALES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}
_WITH_QUANTITIES = frozenset({"limits", "requests", "hard", "storage", "sizeLimit", "averageValue"})


class ManifestError(ForeseenError):
    """A file that holds no manifests."""


def read_objects(files: Iterable[File]) -> tuple[_Object, ...]:
    """Return the objects of files and directories; raises ManifestError."""
    return tuple(each for path in files for each in _read(path))


def compare(documents: Documents, objects: Iterable[_Object], place: str) -> Comparison:
    """Compare the generated manifests with ``objects``, those of ``place``; components where they are there."""
    there = {_key(each): each for each in objects}
    wanted = {
        _key(each): each for path, each in _generated(documents) if _COMPONENTS not in path or _key(each) in there
    }
    found = [difference for key, each in wanted.items() for difference in _differences(key, there.get(key), each)]
    others = len(there.keys() - wanted.keys())
    notes = (f"{others} objects of others not compared",) if others else ()
    return Comparison("kubernetes", place, f"{len(wanted)} objects", tuple(found), notes)


def _generated(documents: Documents) -> Iterator[tuple[str, _Object]]:
    """Return the objects, each with the path of its file."""
    for path, document in documents.items():
        if not path.startswith(_DIRECTORY) or _OVERLAYS in path:
            continue
        match document:
            case YamlDocument():
                yield from ((path, each) for each in _objects(document.content))
            case TextDocument() if path.endswith((".yaml", ".yml")):
                for content in yaml.load_all(document.text, Loader=yaml.CSafeLoader):
                    yield from ((path, each) for each in _objects(content))


def _read(path: File) -> Iterator[_Object]:
    files = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise ManifestError(f"{path}: holds no file *.yaml, *.yml or *.json")
    for file in files:
        try:
            contents = list(yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ManifestError(f"{file}: cannot be read as YAML: {' '.join(str(error).split())}") from None
        for content in contents:
            yield from _objects(content)


def _objects(content: object) -> Iterator[_Object]:
    """Return the objects of one document, which may be a list of them."""
    if not isinstance(content, dict):
        return
    if isinstance(content.get("items"), list) and str(content.get("kind")).endswith("List"):
        for item in content["items"]:
            yield from _objects(item)
    elif "kind" in content and _KUSTOMIZE not in str(content.get("apiVersion")):
        metadata = content.get("metadata")
        if isinstance(metadata, dict) and metadata.get("name"):
            yield content


def _key(content: _Object) -> _Key:
    metadata = content["metadata"]
    return (
        str(content.get("apiVersion")),
        str(content["kind"]),
        str(metadata.get("namespace") or ""),
        str(metadata["name"]),
    )


def _differences(key: _Key, there: _Object | None, wanted: _Object) -> Iterator[Difference]:
    _, kind, namespace, name = key
    subject = f"{kind} {name}{f' in {namespace}' if namespace else ''}"
    if there is None:
        yield Difference(subject, "is missing", Nature.MISSING)
        return
    for change in changes(there, wanted, _READING):
        yield Difference(subject, _words(change, kind))


def _words(change: Change, kind: str) -> str:
    there, wanted = change.there, change.wanted
    if kind != "Secret" and isinstance(there, str) and isinstance(wanted, str) and "\n" in there + wanted:
        left, right = there.splitlines(), wanted.splitlines()
        pairs = enumerate(zip(left, right, strict=False), start=1)
        line = next((number for number, (a, b) in pairs if a != b), min(len(left), len(right)) + 1)
        return f"{'.'.join(change.path)} differs from line {line} on"
    return change.words(secret=kind == "Secret" and change.path[0] in {"data", "stringData"})


def _equal(path: Path, there: object, wanted: object) -> bool:
    if there == wanted or str(there) == str(wanted):
        return True
    if len(path) > 1 and (path[-1] in _WITH_QUANTITIES or path[-2] in _WITH_QUANTITIES):
        quantities = _quantity(there), _quantity(wanted)
        return None not in quantities and quantities[0] == quantities[1]
    return same_duration(there, wanted)


def _quantity(value: object) -> Decimal | None:
    found = _QUANTITY.fullmatch(str(value))
    scale = _SCALES.get(found[2] or "") if found else None
    return Decimal(found[1]) * scale if found and scale is not None else None


def _name(path: Path) -> str | None:
    """Return what names the elements of a list; ports go by number and place, for their names may be left out."""
    return None if path[-1:] == ("ports",) else "name"


_READING = Reading(complete=lambda path: path in {("data",), ("binaryData",)}, name=_name, equal=_equal)
