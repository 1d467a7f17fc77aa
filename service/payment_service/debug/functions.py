"""Names of the functions that stand at given lines; tracemalloc knows files and lines only."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, NamedTuple

from payment_service.debug.profile import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BODY = "<module>"


class _Span(NamedTuple):
    first: int
    last: int
    name: str


class FunctionIndex:
    """Finds the function around a line of a file, by the code that is loaded.

    A line outside every function that lives belongs to ``<module>``: module and class bodies are gone once run.
    """

    def __init__(self, objects: Iterable[object], files: set[str]) -> None:
        spans: dict[str, set[_Span]] = defaultdict(set)
        for function in objects:
            if type(function) is FunctionType and function.__code__.co_filename in files:
                spans[function.__code__.co_filename].update(map(_span, _named(function.__code__)))
        self._spans = {file: sorted(found, reverse=True) for file, found in spans.items()}
        self._modules = _module_names(files)
        self._found: dict[tuple[str, int], Frame] = {}

    def frame(self, file: str, line: int) -> Frame:
        """Return the innermost function around the line."""
        if (file, line) not in self._found:
            self._found[file, line] = self._find(file, line)
        return self._found[file, line]

    def _find(self, file: str, line: int) -> Frame:
        module = self._modules.get(file) or Path(file).stem
        for first, last, name in self._spans.get(file, ()):
            if first <= line <= last:
                return Frame(f"{module}.{name}", file, line, first)
        return Frame(f"{module}.{_BODY}", file, line)


def _named(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of the functions in it.

    Lambdas and comprehensions often share a line with the function around them; they count as part of it.
    """
    if not (code.co_name.startswith("<") and ".<locals>." in code.co_qualname):
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named(constant)


def _span(code: CodeType) -> _Span:
    lines = [line for _, _, line in code.co_lines() if line is not None]
    return _Span(code.co_firstlineno, max(lines, default=code.co_firstlineno), code.co_qualname)


def _module_names(files: set[str]) -> dict[str, str]:
    modules = [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    found = ((vars(module).get("__file__"), vars(module).get("__name__")) for module in modules)
    return {file: name for file, name in found if isinstance(file, str) and isinstance(name, str) and file in files}
