"""The difference between a dashboard in Grafana and the one that is wanted, in words, panel by panel.

Always in one direction: what is there -> what is wanted. Panels go by their titles, queries by their letters, variables
by their names, so that a panel more does not make every panel behind it look changed.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from payment_bundle.side_by_side import excerpt, printable, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: What Grafana counts and keeps by itself, and what no dashboard means anything with.
_GRAFANAS_OWN = frozenset({"id", "version", "iteration"})
#: What says only where a panel stands.
_PLACE = ("gridPos", "id")
#: Steps of a path that tell a reader nothing.
_SILENT = frozenset({"fieldConfig", "defaults", "custom", "options", "expr", "steps", "list"})
#: Lists whose elements have a name: the key that holds it, and what an element is called.
_NAMED = {
    ("panels",): ("title", "panel"),
    ("templating", "list"): ("name", "variable"),
    ("annotations", "list"): ("name", "annotation"),
    ("links",): ("title", "link"),
}
_LETTERED = {"targets": ("refId", "query")}

_ABSENT: Final = object()


def differences(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a line for each difference, none where the dashboards mean the same."""
    left, right = ({key: value for key, value in it.items() if key not in _GRAFANAS_OWN} for it in (there, wanted))
    return tuple(printable(line) for line in _compared((), left, right))


def _compared(path: tuple[str, ...], there: Any, wanted: Any) -> Iterator[str]:
    if there == wanted:
        return
    named = _NAMED.get(path) or _LETTERED.get(path[-1] if path else "")
    match there, wanted:
        case dict(), dict():
            for key in {**wanted, **there}:
                yield from _compared((*path, key), there.get(key, _ABSENT), wanted.get(key, _ABSENT))
        case list(), list() if path[-2:] == ("thresholds", "steps"):
            yield _thresholds(there, wanted)
        case list(), list() if named and all(isinstance(it, dict) for it in (*there, *wanted)):
            yield from _elements(path, there, wanted, *named)
        case list(), list() if len(there) == len(wanted):
            for index, (left, right) in enumerate(zip(there, wanted, strict=True), start=1):
                yield from _compared((*path, str(index)), left, right)
        case _:
            yield f"{_label(path)}{_change(there, wanted)}"


def _elements(path: tuple[str, ...], there: Sequence[Any], wanted: Sequence[Any], key: str, kind: str) -> Iterator[str]:
    left, right = _by_name(there, key), _by_name(wanted, key)
    for name, element in right.items():
        what = f"{kind} {name}"
        if name not in left:
            yield f"{_prefix(path)}{what}: is missing in Grafana"
        elif kind == "query":
            yield from (f"{what} {line}" for line in _compared((), left[name], element))
        else:
            yield from (f"{what}: {line}" for line in _compared((), _content(left[name]), _content(element)))
    yield from (f"{_prefix(path)}{kind} {name}: is only in Grafana" for name in left if name not in right)
    if kind == "panel":
        yield from _places(left, right)
    if [name for name in left if name in right] != [name for name in right if name in left]:
        yield f"{_prefix(path)}{kind}s stand in another order"


def _places(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    both = [name for name in wanted if name in there]
    for key, what in zip(_PLACE, ("stand elsewhere", "have another number"), strict=True):
        changed = [name for name in both if there[name].get(key, _ABSENT) != wanted[name].get(key, _ABSENT)]
        if len(changed) == 1:
            yield f"panel {changed[0]}: {'stands elsewhere' if key == 'gridPos' else 'has another number'}"
        elif changed:
            yield f"{len(changed)} panels {what}"


def _content(element: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in element.items() if key not in _PLACE}


def _by_name(elements: Sequence[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    """Return the elements by name in quotes; those that share a name are numbered."""
    names = [repr(element.get(key) or element.get("type") or "") for element in elements]
    shared, seen = Counter(names), Counter[str]()
    found = {}
    for name, element in zip(names, elements, strict=True):
        seen[name] += 1
        found[f"{name} ({seen[name]})" if shared[name] > 1 else name] = element
    return found


def _thresholds(there: Sequence[Any], wanted: Sequence[Any]) -> str:
    left, right = (
        [(step.get("color"), step.get("value")) if isinstance(step, dict) else (None, step) for step in steps]
        for steps in (there, wanted)
    )
    if [colour for colour, _ in left] == [colour for colour, _ in right]:
        moved = [
            f"{_shown(old)} -> {_shown(new)} ({colour})"
            for (colour, old), (_, new) in zip_longest(left, right, fillvalue=("", None))
            if old != new
        ]
        if moved:
            return f"threshold {', '.join(moved)}"
    return f"thresholds {_steps(left)} -> {_steps(right)}"


def _steps(steps: Sequence[tuple[Any, Any]]) -> str:
    return ", ".join(f"{colour}" if value is None else f"{colour} from {_shown(value)}" for colour, value in steps)


def _label(path: tuple[str, ...]) -> str:
    words = ".".join(part for part in path if part not in _SILENT)
    return f"{words} " if words else ""


def _prefix(path: tuple[str, ...]) -> str:
    """Return what stands before the name of an element: nothing where a dashboard has only one such list."""
    return "" if path in _NAMED or path == ("targets",) else _label(path[:-1])


def _change(there: object, wanted: object) -> str:
    if there is _ABSENT:
        return f"is missing in Grafana; wanted is {excerpt(_shown(wanted))}"
    if wanted is _ABSENT:
        return f"is only in Grafana: {excerpt(_shown(there))}"
    left, right = side_by_side(_shown(there), _shown(wanted))
    return f"{left} -> {right}"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
