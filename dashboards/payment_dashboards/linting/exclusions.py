"""What Grafana's ``dashboard-linter`` must not ask of the dashboards, as its configuration file ``.lint``.

The linter wants every selector narrowed by job and by instance. A recorded sum has no instance, and an alert over
a sum is of none: ``instance=~".+"`` would show nothing. What its rules cannot hold for is found by the labels that the
metrics carry, so that nothing else is excluded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from payment_catalog.documents import JsonDocument, YamlDocument
from payment_dashboards.linting.model import DIRECTORY, Dashboard, is_dashboard
from payment_dashboards.linting.selections import carries, selections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_catalog.documents import Documents
    from payment_catalog.promql import Labels
    from payment_dashboards.linting.model import Node

_NO_INSTANCE = "nothing on this dashboard is of one instance"


def linter_configuration(documents: Documents, declared: Mapping[str, Labels]) -> Documents:
    """Return the ``.lint`` of the dashboards among ``documents``; Grafana itself reads only ``*.json`` there."""
    dashboards = [
        Dashboard.of(path, document.content)
        for path, document in documents.items()
        if is_dashboard(path) and isinstance(document, JsonDocument) and isinstance(document.content, Mapping)
    ]
    return {f"{DIRECTORY}.lint": YamlDocument(exclusions(dashboards, declared), __name__)}


def exclusions(dashboards: Iterable[Dashboard], declared: Mapping[str, Labels]) -> dict[str, Any]:
    """Return the content of ``.lint``: for each rule what is excluded, and why.

    The linter looks a query up by the titles of dashboard and panel and by ``targetidx``, its place from 0. It
    reads this one key in small letters only.
    """
    excluded: dict[str, list[dict[str, str]]] = defaultdict(list)
    for dashboard in dashboards:
        title = {"dashboard": dashboard.root.text("title")}
        without_instances = dashboard.variable("instance") is None
        if without_instances:
            for rule in ("template-instance-rule", "target-instance-rule"):
                excluded[rule].append({**title, "reason": _NO_INSTANCE})
        for label in ("job",) if without_instances else ("job", "instance"):
            for panel in dashboard.data_panels:
                for index, target in enumerate(panel.parts("targets")):
                    metrics = sorted(set(_without(target, label, declared)))
                    if metrics:
                        excluded[f"target-{label}-rule"].append(
                            {
                                **title,
                                "panel": panel.text("title"),
                                "targetidx": str(index),
                                "reason": f"not every series of {', '.join(metrics)} has the label {label}",
                            }
                        )
    return {"exclusions": {rule: {"entries": entries} for rule, entries in sorted(excluded.items())}}


def _without(target: Node, label: str, declared: Mapping[str, Labels]) -> Iterator[str]:
    for selection in selections(target.text("expr")):
        if not carries(selection.metric, label, declared):
            yield selection.metric
