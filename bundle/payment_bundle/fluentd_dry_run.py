"""Fluentd's own check of the configurations in a directory: by its plugins, without running them.

It looks for files and directories where they are on a node; so the files are read, and printed with paths of a
directory of its own, and servers get another certificate. What asks another machine even then is for the linter, which
comes first.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from payment_bundle.fluentd_program import (
    ABSENT,
    dry_run,
    find_fluentd,
    messages,
    missing_plugins,
    own_environment,
    reasons,
)
from payment_bundle.not_run import NotRun
from payment_catalog.findings import Finding
from payment_logging import MAIN
from payment_logging.fluentd import Environment, Section, parse_sections, print_sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from payment_logging.fluentd import Item, Value

_ROOM = "fluentd"
#: Directories of a node, and of the container that Fluentd runs in.
_PLACES = ("/var/", "/fluentd/")
#: Parameters with the files of a server's certificate.
_SERVER_CERTIFICATE = {"cert_path", "private_key_path", "ca_path"}


def dry_run_findings(out: Path, linted: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what Fluentd says against each configuration in ``out``, and which parameters nothing reads.

    Raises NotRun without Fluentd or one of its plugins, and where the linter found something; ToolError.
    """
    program = find_fluentd()
    if program is None:
        raise NotRun(ABSENT)
    if tuple(linted):
        raise NotRun("the configuration has findings already")
    with TemporaryDirectory(prefix="payobs-dry-run-") as name:
        directory = Path(name)
        environment = {**_copy(out / _ROOM, directory / _ROOM, directory), **own_environment(directory)}
        return tuple(
            finding
            for main in sorted((directory / _ROOM).rglob(MAIN))
            for finding in _findings(program, main, environment, lambda text: text.replace(name, str(out)))
        )


def _findings(program: str, main: Path, environment: dict[str, str], shown: Callable[[str], str]) -> Iterator[Finding]:
    result = dry_run(program, main, environment)
    missing = missing_plugins(result.output)
    if missing:
        raise NotRun(f"{program} lacks plugins: {', '.join(missing)}")
    if result.code:
        yield Finding(shown(str(main)), 0, "fluentd", shown(reasons(result.output)))
    for unused in dict.fromkeys(message.unused for message in messages(result.output)):
        if unused:
            yield Finding(shown(str(main)), 0, "fluentd", shown(unused))


def _copy(room: Path, to: Path, root: Path) -> dict[str, str]:
    """Write each file with paths below ``root``; return the environment that the files read, with some values."""
    environment: dict[str, str] = {}
    for file in sorted(room.rglob("*.conf")):
        items = parse_sections(file.read_text(encoding="utf-8"))
        target = to / file.relative_to(room)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(print_sections(_moved(item, root) for item in items), encoding="utf-8")
        for value in _values(items):
            if isinstance(value, Environment):
                environment[value.variable] = "dry-run"
            elif isinstance(value, str) and value.startswith(_PLACES) and Path(value).suffix in {".crt", ".key"}:
                certificate = Path(f"{root}{value}")
                certificate.parent.mkdir(parents=True, exist_ok=True)
                certificate.touch()
    return environment


def _moved(item: Item, root: Path) -> Item:
    if not isinstance(item, Section):
        return item
    parameters = {name: _below(value, root) for name, value in item.parameters.items()}
    if item.name == "transport" and parameters.keys() & _SERVER_CERTIFICATE:
        # Fluentd would read them; so it makes itself one.
        parameters = {name: value for name, value in parameters.items() if name not in _SERVER_CERTIFICATE}
        parameters["insecure"] = True
    return replace(item, parameters=parameters, sections=tuple(_moved(inner, root) for inner in item.sections))


def _below(value: Value, root: Path) -> Value:
    return f"{root}{value}" if isinstance(value, str) and value.startswith(_PLACES) else value


def _values(items: Iterable[Item]) -> Iterator[Value]:
    for item in items:
        if isinstance(item, Section):
            yield from item.parameters.values()
            yield from _values(item.sections)
