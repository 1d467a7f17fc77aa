"""From a YAML file to checked settings, or to one error that names file, line and key."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import SafeConstructor

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from payment_catalog.settings import Settings

#: A settings file is a few kilobytes; what is larger is a mistake or an attack.
MAX_BYTES = 256 * 1024
MAX_DEPTH = 20

KeyPath = tuple[str | int, ...]
SectionT = TypeVar("SectionT", bound=BaseModel)


class SettingsError(ForeseenError):
    """Settings that cannot be used: ``file``, 1-based ``line`` (0: the file itself), ``key`` and the reason."""

    def __init__(self, file: Path, line: int, key: str, reason: str) -> None:
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {key}: {reason}" if key else f"{place}: {reason}")
        self.file, self.line, self.key, self.reason = file, line, key, reason


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a file, and a 1-based line of it."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Located:
    """Plain data, and the place at which each key path begins; that of the empty path is the file."""

    data: Any
    places: Mapping[KeyPath, Place]

    def place_of(self, path: KeyPath) -> Place:
        """Return where the value at ``path`` stands, or what it would stand in."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path]


def load_settings(file: Path) -> Settings:
    """Read and check ``bundle.yaml``; an empty file means the runbook's defaults. Raises SettingsError."""
    from payment_catalog.settings import Settings  # noqa: PLC0415 - takes its time, and help and Tab need none

    return load_file(file, Settings)


def load_file(file: Path, kind: type[SectionT], context: Mapping[str, object] | None = None) -> SectionT:
    """Read and check a file of that kind; an empty file means the defaults. Raises SettingsError.

    ``context`` is what the checks of that kind need to know.
    """
    return checked(read_located(file), kind, context)


def checked(located: Located, kind: type[SectionT], context: Mapping[str, object] | None = None) -> SectionT:
    """Return what was read, as that kind; raises SettingsError with the place of what is wrong."""
    try:
        return kind.model_validate(located.data, context=context)
    except ValidationError as error:
        raise _explain(located, error, kind) from None


def line_of(file: Path, *path: str | int) -> int:
    """Return the line on which the key ``path`` begins in a settings file. Raises SettingsError."""
    return read_located(file).place_of(path).line


def read_located(file: Path) -> Located:
    """Read a YAML file as plain data, an empty one as an empty mapping; raises SettingsError."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(file, 0, "", f"cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise SettingsError(file, 0, "", f"is larger than {MAX_BYTES // 1024} KiB; settings are not that long")
    try:
        _refuse_nesting_and_aliases(file, content)
        node = yaml.compose(content, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SettingsError(file, line, "", f"is not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise SettingsError(file, 1, "", f"is not valid YAML: {first}") from None
    if node is None:
        return Located({}, {(): Place(file, 1)})
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(file, node.start_mark.line + 1, "", "must be a mapping of settings")
    places: dict[KeyPath, Place] = {}
    return Located(_plain(file, node, (), places), places)


def _refuse_nesting_and_aliases(file: Path, content: bytes) -> None:
    """Stop before a tree is built: aliases can multiply without limit, nesting can exhaust the stack."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise SettingsError(file, line, "", "has a YAML anchor or alias; write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise SettingsError(file, line, "", f"is nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(file: Path, node: yaml.Node, path: KeyPath, places: dict[KeyPath, Place]) -> Any:
    places.setdefault(path, Place(file, node.start_mark.line + 1))
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            line = key.start_mark.line + 1
            if name in mapping:
                raise SettingsError(file, line, _dotted((*path, name)), "is set twice")
            places[(*path, name)] = Place(file, line)
            mapping[name] = _plain(file, value, (*path, name), places)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(file, item, (*path, index), places) for index, item in enumerate(node.value)]
    try:
        return SafeConstructor().construct_document(node)
    except (ValueError, yaml.YAMLError):
        raise SettingsError(file, node.start_mark.line + 1, _dotted(path), "has no readable value") from None


def _explain(located: Located, error: ValidationError, kind: type[BaseModel]) -> SettingsError:
    from payment_catalog.settings.section import UnsoundError  # noqa: PLC0415 - as for load_settings

    first = error.errors(include_url=False)[0]
    path = _path_in_file(first["loc"], located.data)
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, UnsoundError):
        path = (*path, *cause.key)
        reason = str(cause)
    else:
        reason = _in_words(first["type"], str(cause or first["msg"]), first["input"], path, kind)
    more = error.error_count() - 1
    if more:
        reason += f" (and {more} more)"
    place = located.place_of(path)
    return SettingsError(place.file, place.line, _dotted(path), reason)


def _path_in_file(location: tuple[str | int, ...], data: Any) -> KeyPath:
    """Drop what pydantic puts in between and the file has not: names of union members, ``[key]``."""
    path: list[str | int] = []
    for part in location:
        is_key = isinstance(data, dict) and (part in data or (part != "[key]" and data.get("type") != part))
        is_index = isinstance(data, list) and isinstance(part, int)
        if is_key or is_index:
            path.append(part)
            data = _child(data, part)
    return tuple(path)


def _child(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError):
        return None


def _in_words(problem: str, message: str, found: object, path: KeyPath, kind: type[BaseModel]) -> str:
    if problem == "extra_forbidden":
        known = _known_keys(kind, path[:-1])
        close = difflib.get_close_matches(str(path[-1]), known, n=1)
        suggestion = f", did you mean '{close[0]}'?" if close else ""
        allowed = f"; allowed are {', '.join(known)}" if known else ""
        return f"is no setting{suggestion}{allowed}"
    if problem == "missing":
        return "is missing"
    if problem == "dict_type":
        message = "must be a mapping"
    return f"{message}; found {_shown(found)}"


def _shown(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _known_keys(kind: type[BaseModel], path: KeyPath) -> list[str]:
    """Keys that a file of that kind has below ``path``, as far as they are fixed."""
    models: list[type[BaseModel]] = [kind]
    for part in path:
        models = [
            candidate
            for model in models
            if part in model.model_fields
            for candidate in _sections(model.model_fields[str(part)].annotation)
        ] or models
    return sorted({name for model in models for name in model.model_fields})


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _sections(argument)


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)
