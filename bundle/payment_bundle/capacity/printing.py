"""Estimates as a table of Markdown, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_bundle.capacity.figure import Counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payment_bundle.capacity.figure import Estimate, Figure
    from payment_bundle.capacity.limits import Reached
    from payment_catalog.cardinality import Amount
    from payment_catalog.metric import Metric

_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_DIGITS = 3
#: Below it, what is counted in pieces is shown in full.
_ROUNDED_FROM = 10_000


def table(estimates: Sequence[Estimate]) -> Iterator[str]:
    """Return the lines of a table with a column for each of the estimates, which have the same figures."""
    sizes = [f"{estimate.population.services:,}" for estimate in estimates]
    yield f"| services | {' | '.join(sizes)} | computed as | from |"
    yield f"|---|{'--:|' * len(sizes)}---|---|"
    for key, figure in estimates[0].figures.items():
        cells = (_cell(estimate.figures[key]) for estimate in estimates)
        mark = " \\*" if figure.estimated else ""
        yield f"| {figure.title}{mark} | {' | '.join(cells)} | {figure.formula} | {figure.source} |"


def described(estimate: Estimate) -> str:
    """Return what one service of the population is like."""
    one = estimate.population
    return (
        f"Each service: {_pieces(one.environments, 'environment')} with {_pieces(one.instances, 'instance')} and "
        f"{_pieces(one.exporters, 'exporter')}, {one.payments_per_second:g} payments a second. First a usual day, in "
        "brackets the most. A metric has ∏ values of its labels series, a histogram (buckets + 3) times as many. "
        "\\* estimated, not from the catalogue."
    )


def parts(metrics: Sequence[tuple[Metric, Amount]], of: float) -> str:
    """Return which metrics make most of the ``of`` series of an instance."""
    named = ", ".join(f"`{metric.name}` {shown(amount.usual, Counted.PIECES)}" for metric, amount in metrics)
    return f"Of the {shown(of, Counted.PIECES)} series of an instance of the service: {named}."


def warnings(estimate: Estimate, found: Sequence[Reached]) -> Iterator[str]:
    """Return a line for each limit that is reached."""
    for each in found:
        limit, unit = each.limit, estimate.figures[each.limit.key].unit
        yield (
            f"- **{limit.name}** at {_pieces(estimate.population.services, 'service')}: "
            f"{shown(each.found, unit)} of {shown(limit.most, unit)} ({limit.source}): it takes {each.programs:,} "
            f"{limit.programs}. Helps: {limit.help}."
        )


def as_json(estimates: Sequence[Estimate], found: Sequence[Sequence[Reached]]) -> list[dict[str, Any]]:
    """Return everything with its full digits, an object for each estimate."""
    return [
        {
            "services": estimate.population.services,
            "environments": estimate.population.environments,
            "instances": estimate.population.instances,
            "exporters": estimate.population.exporters,
            "payments_per_second": estimate.population.payments_per_second,
            "figures": {
                figure.key.value: {
                    "usual": figure.amount.usual,
                    "most": figure.amount.most,
                    "unit": figure.unit.value,
                    "estimated": figure.estimated,
                    "formula": figure.formula,
                    "source": figure.source,
                }
                for figure in estimate.figures.values()
            },
            "limits_reached": [
                {
                    "name": each.limit.name,
                    "figure": each.limit.key.value,
                    "usual": each.found,
                    "limit": each.limit.most,
                    "needed": each.programs,
                    "of": each.limit.programs,
                    "source": each.limit.source,
                    "help": each.limit.help,
                }
                for each in reached
            ],
        }
        for estimate, reached in zip(estimates, found, strict=True)
    ]


def shown(number: float, unit: Counted) -> str:
    """Return a number with three digits and its unit, ``12,300``, ``1.25 GiB``, ``3.4 ms``; few pieces in full."""
    match unit:
        case Counted.BYTES:
            return _scaled(number)
        case Counted.BYTES_PER_SECOND:
            return f"{_scaled(number)}/s"
        case Counted.SECONDS:
            return f"{_rounded(number * 1000)} ms" if number < 1 else f"{_rounded(number)} s"
        case Counted.PER_SECOND:
            return f"{_rounded(number)}/s"
    return f"{number:,.0f}" if number < _ROUNDED_FROM else _rounded(number)


def _cell(figure: Figure) -> str:
    amount: Amount = figure.amount
    usual, most = shown(amount.usual, figure.unit), shown(amount.most, figure.unit)
    return usual if usual == most else f"{usual} ({most})"


def _scaled(number: float) -> str:
    power = 0
    while number >= 1024 and power < len(_BYTES) - 1:
        number, power = number / 1024, power + 1
    return f"{_rounded(number)} {_BYTES[power]}"


def _rounded(number: float) -> str:
    text = f"{float(f'{number:.{_DIGITS}g}'):,.10f}".rstrip("0")
    return text.removesuffix(".")


def _pieces(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
