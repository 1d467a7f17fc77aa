"""What the reader chose of a dashboard's variables, and how a choice goes into a query, a text or an address."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from payment_bundle.preview.model import Dashboard, Variable

ALL = "$__all"
#: What a browser may send: more is cut off, as no label has it.
_MOST_VALUES, _LONGEST_VALUE = 200, 500
_LABEL_VALUES = re.compile(r"label_values\(\s*(?:(?P<selector>.+),)?\s*(?P<label>[a-zA-Z_]\w*)\s*\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable with what is chosen, and what there is to choose from (empty until Prometheus was asked)."""

    variable: Variable
    values: tuple[str, ...]
    options: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether everything is chosen."""
        return ALL in self.values

    @property
    def text(self) -> str:
        """The choice as people read it."""
        return "All" if self.is_all else " + ".join(self.values)

    def in_query(self, *, is_regex: bool = False) -> str:
        """Return the choice as the inside of a PromQL string: a regular expression if several can be chosen."""
        if self.is_all:
            if self.variable.all_value:
                return self.variable.all_value
            return _alternatives(self.options)
        if not (is_regex or self.variable.multi or self.variable.include_all):
            return "".join(escape_text(value) for value in self.values[:1])
        return _alternatives(self.values)

    def formatted(self, form: str) -> str:
        """Return the choice in one of Grafana's formats: ``queryparam``, ``csv``, ``pipe``, ``raw``..."""
        values = self.options if self.is_all and form not in {"queryparam", "text"} else self.values
        forms: dict[str, Callable[[], str]] = {
            "queryparam": lambda: urlencode([(f"var-{self.variable.name}", value) for value in self.values]),
            "text": lambda: self.text,
            "csv": lambda: ",".join(values),
            "raw": lambda: ",".join(values),
            "pipe": lambda: "|".join(values),
            "regex": lambda: _alternatives(values),
            "percentencode": lambda: quote(",".join(values), safe=""),
            "json": lambda: json.dumps(list(values)),
            "doublequote": lambda: ",".join(f'"{value}"' for value in values),
        }
        if form in forms:
            return forms[form]()
        return values[0] if len(values) == 1 else "{" + ",".join(values) + "}"


@dataclass(frozen=True, slots=True)
class LabelValues:
    """A variable's query: the values of ``label``, of the series that ``selector`` selects (all, where empty)."""

    selector: str
    label: str


def label_values(expression: str) -> LabelValues | None:
    """Read ``label_values(selector, label)``; ``None`` for another kind of query."""
    match = _LABEL_VALUES.fullmatch(expression.strip())
    return LabelValues((match["selector"] or "").strip(), match["label"]) if match else None


def first_choices(dashboard: Dashboard, asked: Mapping[str, Sequence[str]]) -> dict[str, Choice]:
    """Return a choice for each variable: what is ``asked`` for, else the dashboard's own; others are left out."""
    return {
        variable.name: Choice(variable, _asked(variable, asked.get(variable.name, ())) or _current(variable))
        for variable in dashboard.templating.list
    }


def escape_text(value: str) -> str:
    """Escape ``value`` for the inside of a PromQL string."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def escape_regex(value: str) -> str:
    """Escape ``value`` for a regular expression inside of a PromQL string (Grafana's prometheusSpecialRegexEscape)."""
    return escape_text(re.sub(r"[\\$^*{}\[\]+?.()|]", r"\\\g<0>", value))


def _alternatives(values: Sequence[str]) -> str:
    escaped = [escape_regex(value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _asked(variable: Variable, values: Sequence[str]) -> tuple[str, ...]:
    if variable.type == "datasource":
        return ()
    kept = tuple(dict.fromkeys(value[:_LONGEST_VALUE] for value in values[:_MOST_VALUES] if value))
    if variable.include_all and (ALL in kept or "All" in kept):
        return (ALL,)
    kept = tuple(value for value in kept if value != ALL)
    return kept if variable.multi else kept[:1]


def _current(variable: Variable) -> tuple[str, ...]:
    value = variable.current.get("value")
    values = value if isinstance(value, list) else [value] if value else []
    texts = tuple(str(one) for one in values if one not in {None, ""})
    if texts:
        return texts
    return (ALL,) if variable.include_all else ()
