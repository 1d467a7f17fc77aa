"""A dashboard's JSON as rules read it: objects that know where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from payment_catalog.promql import Labels

Json = Mapping[str, Any]
#: Keys and indices that lead from a dashboard's root to a value in it.
Path = tuple[str | int, ...]

#: Below the directory of everything generated.
DIRECTORY = "grafana/dashboards/"
ROW = "row"
TEXT = "text"
#: Panels that draw no query.
_WITHOUT_DATA = frozenset({ROW, TEXT})


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the JSON. ``name`` is what people call it: its panel, its variable, else its dashboard."""

    content: Json
    path: Path = ()
    name: str = ""

    def text(self, key: str) -> str:
        """Return the text under ``key``, or an empty one where there is none."""
        value = self.content.get(key)
        return value if isinstance(value, str) else ""

    def part(self, key: str) -> Node:
        """Return the object under ``key``, or an empty one where there is none."""
        value = self.content.get(key)
        return Node(value if isinstance(value, Mapping) else {}, (*self.path, key), self.name)

    def parts(self, key: str, *names: str) -> tuple[Node, ...]:
        """Return the objects of the list under ``key``; the first of ``names`` that one has names it."""
        value = self.content.get(key)
        return tuple(
            Node(item, (*self.path, key, index), _called(item, names) or self.name)
            for index, item in enumerate(value if isinstance(value, list) else ())
            if isinstance(item, Mapping)
        )

    def texts(self, *without: str) -> Iterator[str]:
        """Yield every text at any depth, except below the keys ``without``."""
        yield from _texts({key: value for key, value in self.content.items() if key not in without})


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard and the file that holds it."""

    file: str
    root: Node
    panels: tuple[Node, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "panels", tuple(_panels(self.root)))

    @classmethod
    def of(cls, file: str, content: Json) -> Dashboard:
        """Return the dashboard that ``content`` is."""
        title = content.get("title")
        return cls(file, Node(content, (), title if isinstance(title, str) and title else PurePosixPath(file).stem))

    @property
    def uid(self) -> str:
        """What links and the file call it."""
        return self.root.text("uid")

    @property
    def placed_panels(self) -> tuple[Node, ...]:
        """Panels that have a place of their own: all but those inside of a collapsed row."""
        return tuple(panel for panel in self.panels if len(panel.path) == len(("panels", 0)))

    @property
    def data_panels(self) -> tuple[Node, ...]:
        """Panels that draw queries: neither headings nor text."""
        return tuple(panel for panel in self.panels if panel.text("type") not in _WITHOUT_DATA)

    @property
    def variables(self) -> tuple[Node, ...]:
        """What a reader chooses at the top of the page."""
        return tuple(
            replace(variable, name=f"variable {variable.name}")
            for variable in self.root.part("templating").parts("list", "name")
        )

    @property
    def query_variables(self) -> tuple[Node, ...]:
        """Variables whose values Prometheus knows."""
        return tuple(variable for variable in self.variables if variable.text("type") == "query")

    @property
    def annotations(self) -> tuple[Node, ...]:
        """What is drawn over every panel."""
        return self.root.part("annotations").parts("list", "name")

    def variable(self, name: str) -> Node | None:
        """Return the variable of that name."""
        return next((variable for variable in self.variables if variable.text("name") == name), None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule needs beside the dashboard: every series with its labels, and the other dashboards."""

    declared: Mapping[str, Labels]
    uids: Counter[str]
    titles: Counter[str]

    @classmethod
    def of(cls, dashboards: Iterable[Dashboard], declared: Mapping[str, Labels]) -> Surroundings:
        """Return the surroundings of each of ``dashboards``."""
        together = tuple(dashboards)
        return cls(
            declared,
            Counter(dashboard.uid for dashboard in together),
            Counter(dashboard.root.text("title") for dashboard in together),
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with ``node`` by ``rule``, and what to do."""

    rule: str
    node: Node
    message: str


def is_dashboard(path: str) -> bool:
    """Tell whether the file at ``path``, below the directory of everything generated, is one that Grafana loads."""
    return path.startswith(DIRECTORY) and path.endswith(".json")


if TYPE_CHECKING:
    Rule = Callable[[Dashboard, Surroundings], Iterator[Problem]]


def _panels(parent: Node) -> Iterator[Node]:
    for found in parent.parts("panels", "title"):
        panel = found if found.text("title") else replace(found, name=f"panel {found.content.get('id')}")
        yield panel
        yield from _panels(panel)


def _called(item: Json, names: tuple[str, ...]) -> str:
    return next((item[name] for name in names if isinstance(item.get(name), str)), "")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
