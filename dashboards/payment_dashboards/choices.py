"""What a reader of a dashboard can choose, and how a query follows the choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import promql_parser as ast
from grafanalib.core import Template

from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE, UP
from payment_catalog.http_metrics import HTTP_REQUESTS
from payment_catalog.monitoring import FLEET, MONITORING
from payment_catalog.promql import GRAFANA_DURATIONS, parse
from payment_catalog.promql_text import write
from payment_catalog.signals import service_job

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.promql import Labels
    from payment_catalog.settings import Settings

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

_ON_TIME_RANGE_CHANGE = 2
_EVERYTHING = ".+"
#: Also what has no such label, as an alert on something absent.
_EVERYTHING_AND_NOTHING = ".*"
_ALL = {"selected": True, "text": ["All"], "value": ["$__all"]}


@dataclass(frozen=True, slots=True)
class Choice:
    """A label by whose values a dashboard is narrowed; ``values`` is the PromQL selector that knows them.

    What has one of the values ``always`` is shown whatever is chosen; an empty one stands for no such label.
    """

    label: str
    values: str
    all_value: str = _EVERYTHING
    always: tuple[str, ...] = ()

    @property
    def matcher(self) -> ast.Matcher:
        """The matcher of a query."""
        return ast.Matcher(ast.MatchOp.Re, self.label, "|".join((f"${self.label}", *self.always)))


def everywhere(settings: Settings, *, monitoring: bool = False) -> tuple[Choice, ...]:
    """Return the choices that every dashboard offers; with ``monitoring`` they leave what watches over all in sight."""
    service = f"{UP}{{{service_job(settings)}}}"
    environment = Choice("environment", service, _EVERYTHING_AND_NOTHING, (MONITORING, "") if monitoring else ())
    namespace = _namespace(settings, service, monitoring=monitoring)
    there = f"{environment.matcher}, {namespace.matcher}"
    return (
        environment,
        namespace,
        Choice("job", f"{UP}{{{there}}}"),
        Choice("instance", f"{UP}{{{there}, {_chosen('job')}}}"),
    )


def _namespace(settings: Settings, values: str, *, monitoring: bool) -> Choice:
    """Return the choice of a namespace; of services that share a Prometheus, each sees its own."""
    if not settings.shared or settings.service == FLEET:
        return Choice("namespace", values, _EVERYTHING_AND_NOTHING, ("",) if monitoring else ())
    return Choice("namespace", values, settings.namespace, (FLEET, "") if monitoring else ())


def route(settings: Settings) -> Choice:
    """Return the choice of routes."""
    matchers = f"{service_job(settings)}, {_chosen('environment', 'namespace')}"
    return Choice("route", f"{HTTP_REQUESTS}{{{matchers}}}")


def _chosen(*labels: str) -> str:
    return ", ".join(f'{label}=~"${label}"' for label in labels)


def variables(choices: Iterable[Choice]) -> list[Template]:
    """Return Grafana's variables: the data source, and one for each choice."""
    return [
        Template(name="datasource", label="Data source", type="datasource", query="prometheus"),
        *map(_variable, choices),
    ]


def _variable(choice: Choice) -> Template:
    return MultiValueTemplate(
        name=choice.label,
        label=choice.label.capitalize(),
        query=f"label_values({choice.values}, {choice.label})",
        dataSource=DATASOURCE,
        includeAll=True,
        multi=True,
        allValue=choice.all_value,
        refresh=_ON_TIME_RANGE_CHANGE,
    )


class MultiValueTemplate(Template):  # type: ignore[misc]  # grafanalib has no types
    """A variable of several values, which begins with all; grafanalib's has one."""

    def to_json_data(self) -> dict[str, Any]:
        """Return Grafana's form."""
        return {**super().to_json_data(), "current": _ALL}


#: Alerts carry the labels of what they compare: a sum has no job, and what is absent may have none at all.
_LABELS_OF_ALERTS = frozenset({"environment", "namespace"})


#: An expression of an alert has a window of its own; on a panel, Grafana's follows the zoom and misses no sample.
_OVER_GRAFANAS_WINDOW = frozenset({"rate", "irate"})


def narrow(expression: str, choices: Iterable[Choice], declared: Mapping[str, Labels]) -> str:
    """Return ``expression`` with the matcher of each choice in every selector whose series carry the label.

    Rates are over Grafana's window.
    """
    spelled = {variable: f"{days}d" for days, variable in enumerate(GRAFANA_DURATIONS, start=100_001)}
    for variable, duration in spelled.items():
        expression = expression.replace(variable, duration)

    def narrowed(node: ast.Expr) -> ast.Expr | None:
        if isinstance(node, ast.Call) and node.func.name in _OVER_GRAFANAS_WINDOW:
            return parse(_over(spelled["$__rate_interval"], write(node)))
        if not isinstance(node, ast.VectorSelector):
            return None
        labels = declared.get(node.name or "", frozenset())
        if node.name in {ALERTS.name, ALERTS_FOR_STATE.name}:
            labels &= _LABELS_OF_ALERTS
        matchers = [choice.matcher for choice in choices if choice.label in labels]
        node.matchers = ast.Matchers([*node.matchers.matchers, *matchers])
        return parse(write(node))

    text = write(ast.transform(parse(expression), None, narrowed))
    for variable, duration in spelled.items():
        text = text.replace(duration, variable)
    return text


def _over(window: str, call: str) -> str:
    """Return ``call``, of a function of a range, with another range: what the last brackets hold."""
    range_and_before, _, after = call.rpartition("]")
    return f"{range_and_before.rpartition('[')[0]}[{window}]{after}"
