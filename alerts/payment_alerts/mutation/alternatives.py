"""What each word of PromQL is replaced by: the mistakes that people make."""

from __future__ import annotations

COMPARATORS = {
    ">": (">=", "<", "!="),
    ">=": (">", "<="),
    "<": ("<=", ">", "!="),
    "<=": ("<", ">="),
    "==": ("!=", ">=", "<="),
    "!=": ("==",),
}
ARITHMETIC = {"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "^": ("*",)}
SETS = {"and": ("or", "unless"), "or": ("and", "unless"), "unless": ("and", "or")}
#: Operators whose two sides are no equals.
DIRECTED = frozenset({"-", "/", "%", "^"})

AGGREGATIONS = {
    "sum": ("max", "min", "avg", "count"),
    "max": ("min", "avg", "sum"),
    "min": ("max", "avg", "sum"),
    "avg": ("max", "min", "sum"),
    "count": ("sum", "max"),
    "group": ("count",),
    "topk": ("bottomk",),
    "bottomk": ("topk",),
}
FUNCTIONS = {
    "rate": ("increase", "irate", "delta"),
    "increase": ("rate", "irate", "delta"),
    "irate": ("rate", "idelta"),
    "delta": ("increase", "idelta"),
    "idelta": ("delta",),
    "deriv": ("rate", "delta"),
    "changes": ("resets",),
    "resets": ("changes",),
    "max_over_time": ("min_over_time", "avg_over_time", "last_over_time"),
    "min_over_time": ("max_over_time", "avg_over_time", "last_over_time"),
    "avg_over_time": ("max_over_time", "min_over_time", "sum_over_time"),
    "sum_over_time": ("avg_over_time", "count_over_time"),
    "count_over_time": ("sum_over_time",),
    "last_over_time": ("max_over_time", "min_over_time"),
    "clamp_min": ("clamp_max",),
    "clamp_max": ("clamp_min",),
    "ceil": ("floor",),
    "floor": ("ceil",),
}

#: A test that feeds values 2 % beyond and within a limit notices each of these.
FACTORS = (0.5, 0.9, 1.1, 2.0, 0.0)
#: In place of 0, which no factor changes.
INSTEAD_OF_ZERO = (1.0, -1.0)
