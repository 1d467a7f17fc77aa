"""The commands and their options, as the programs themselves describe them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, ParameterInfo

from payment_bundle import cli as payobs
from payment_bundle.reference.table import code, codes, prose, table
from payment_exporter.flags import PROGRAM, parser
from payment_service import cli as payment_service

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    import typer

_WORDS = {str: "text", int: "number", float: "number", Path: "path"}


@dataclass(frozen=True, slots=True)
class Option:
    """An option or an argument: its names, what it takes, its default and its help."""

    names: tuple[str, ...]
    takes: str
    default: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is typed, what it does, and its options."""

    name: str
    help: str
    options: tuple[Option, ...]


def programs() -> tuple[Command, ...]:
    """Return every command of ``payobs`` and ``payment-service``, and the exporter with its flags."""
    return (
        *_walk("payobs", payobs.app),
        *_walk("payment-service", payment_service.app),
        Command(PROGRAM, str(parser().description), tuple(_flags(parser()))),
    )


def commands() -> str:
    """Return a section for each command of ``payobs`` and ``payment-service``."""
    return "\n".join(_section(command) for command in programs() if command.name != PROGRAM)


def exporter_flags() -> str:
    """Return the flags of the exporter."""
    (exporter,) = (command for command in programs() if command.name == PROGRAM)
    return f"{exporter.help}\n\n{_options(exporter.options)}"


def _walk(name: str, app: typer.Typer) -> Iterator[Command]:
    """Return the commands of ``app`` and of those that it holds, in the order in which its help has them."""
    for info in app.registered_commands:
        if info.callback is not None:
            word = info.name or info.callback.__name__.replace("_", "-")
            yield Command(f"{name} {word}", inspect.getdoc(info.callback) or "", tuple(_parameters(info.callback)))
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from _walk(f"{name} {group.name}", group.typer_instance)


def _parameters(function: Callable[..., Any]) -> Iterator[Option]:
    hints = get_type_hints(function, include_extras=True)
    for parameter in inspect.signature(function).parameters.values():
        kind, *described = get_args(hints[parameter.name]) or (hints[parameter.name],)
        for info in described:
            if isinstance(info, ParameterInfo) and not info.hidden:
                yield _parameter(parameter, kind, info)


def _parameter(parameter: inspect.Parameter, kind: Any, info: ParameterInfo) -> Option:
    dashed = parameter.name.replace("_", "-")
    is_flag = kind is bool
    if isinstance(info, ArgumentInfo):
        names: tuple[str, ...] = (parameter.name.upper(),)
    else:
        names = _named(info) or ((f"--{dashed}", f"--no-{dashed}") if is_flag else (f"--{dashed}",))
    is_required = parameter.default is inspect.Parameter.empty
    default = "(required)" if is_required else _shown(parameter.default)
    return Option(names, "" if is_flag else _takes(kind, info), default, info.help or "")


def _named(info: ParameterInfo) -> tuple[str, ...]:
    """Return the names that are given; within ``Annotated`` typer has the first of them as the default."""
    first = (info.default,) if isinstance(info.default, str) else ()
    return (*first, *(info.param_decls or ()))


def _takes(kind: Any, info: ParameterInfo) -> str:
    """Return what a value may be, in words."""
    inner = [part for part in get_args(kind) if part is not type(None)]
    if inner:
        words = _takes(inner[0], info)
        return f"{words}; may be repeated" if get_origin(kind) is list else words
    if issubclass(kind, Enum):
        return " or ".join(str(member.value) for member in kind)
    bounds = [f"{word} {bound:g}" for word, bound in (("from", info.min), ("to", info.max)) if bound is not None]
    return " ".join((_WORDS.get(kind, kind.__name__), *bounds))


def _shown(default: object) -> str:
    if default is None or default is False or default == "":
        return ""
    return "on" if default is True else str(default.value if isinstance(default, Enum) else default)


def _flags(arguments: argparse.ArgumentParser) -> Iterator[Option]:
    for action in arguments._actions:  # noqa: SLF001 - argparse has no other list of them
        if action.option_strings and "--help" not in action.option_strings:
            yield Option(tuple(action.option_strings), str(action.metavar or ""), "", action.help or "")


def _section(command: Command) -> str:
    options = f"\n{_options(command.options)}" if command.options else ""
    return f"## {command.name}\n\n{prose(command.help)}\n{options}"


def _options(options: Iterable[Option]) -> str:
    rows = ((codes(option.names), prose(option.takes), code(option.default), prose(option.help)) for option in options)
    return table(("option", "takes", "default", "what it does"), rows)
