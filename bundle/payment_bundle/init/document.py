"""Settings as a commented ``bundle.yaml``: the comments are the descriptions that the settings themselves have."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel

from payment_catalog.schema import SCHEMA_PATH
from payment_catalog.thresholds import THRESHOLDS, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.settings import Settings
    from payment_catalog.thresholds import Threshold

_WIDTH = 118
_INDENT = "  "
_HEAD = (
    "What you change. A key that you leave out has the runbook's value. Durations are written as Prometheus writes "
    "them: 30s, 15m, 4h, 90d."
)
_SECTION_OF_LIMITS = (
    "'warning' and 'critical' each make an alert; null turns a level off. Shares are 0 to 1, times are seconds."
)


def commented(settings: Settings) -> str:
    """Return the whole of ``settings`` as YAML, every key with its description."""
    lines = [f"# yaml-language-server: $schema=generated/{SCHEMA_PATH}", "#", *_comment(_HEAD, "")]
    described: set[type[BaseModel]] = set()
    for name in type(settings).model_fields:
        is_section = isinstance(getattr(settings, name), BaseModel | dict)
        lines += [""] if is_section or name == "service" else []
        lines += _limits(settings) if name == "thresholds" else _field(settings, name, "", described)
    return "\n".join([*lines, ""])


def _section(section: BaseModel, indent: str, described: set[type[BaseModel]]) -> Iterator[str]:
    """Yield the fields of ``section``; those of a kind that was described before go without comments."""
    is_new = type(section) not in described
    described.add(type(section))
    for name in type(section).model_fields:
        yield from _field(section, name, indent, described, is_commented=is_new)


def _field(
    section: BaseModel, name: str, indent: str, described: set[type[BaseModel]], *, is_commented: bool = True
) -> Iterator[str]:
    field = type(section).model_fields[name]
    if is_commented and field.description:
        yield from _comment(field.description, indent)
    value = getattr(section, name)
    if isinstance(value, BaseModel):
        yield f"{indent}{name}:"
        yield from _section(value, indent + _INDENT, described)
    elif isinstance(value, dict) and any(isinstance(each, BaseModel) for each in value.values()):
        yield f"{indent}{name}:"
        for key, each in value.items():
            yield f"{indent}{_INDENT}{_scalar(str(key))}:"
            yield from _section(each, indent + 2 * _INDENT, described)
    else:
        yield from _plain(name, section.model_dump(mode="json", include={name})[name], indent)


def _plain(name: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield f"{indent}{_scalar(name)}:"
        for key, each in value.items():
            yield from _plain(key, each, indent + _INDENT)
    else:
        yield f"{indent}{_scalar(name)}: {_scalar(value)}"


def _limits(settings: Settings) -> Iterator[str]:
    description = type(settings).model_fields["thresholds"].description or ""
    yield from _comment(f"{description} {_SECTION_OF_LIMITS}", "")
    yield "thresholds:"
    for key in THRESHOLDS:
        threshold = settings.threshold(key)
        yield from _comment(_about(threshold), _INDENT)
        levels = {"warning": threshold.warning, "critical": threshold.critical}
        yield f"{_INDENT}{key.value}: {_scalar(levels)}"


def _about(threshold: Threshold) -> str:
    side = "above" if threshold.bad is Side.ABOVE else "below"
    return (
        f"{threshold.title} ({threshold.unit}), bad {side} the limit; {threshold.minimum:g} to {threshold.maximum:g}. "
        f"{threshold.source}."
    )


def _comment(text: str, indent: str) -> Iterator[str]:
    words = " ".join(text.replace("``", "").split())
    for line in textwrap.wrap(words, _WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False):
        yield f"{indent}# {line}"


def _scalar(value: Any) -> str:
    """Return plain data on one line of YAML."""
    text = yaml.dump(
        value, Dumper=yaml.CSafeDumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text.removesuffix("\n").removesuffix("...").removesuffix("\n")
