"""Where events go: labels that nothing sends to, tags that nothing takes, matches that nothing reaches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_logging.fluentd.linting.nodes import EVERYTHING, Node, outputs, walk
from payment_logging.fluentd.linting.tags import covers, may_match, tag_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.findings import Finding

#: The label of events outside of every label, as ``@label`` names it.
ROOT = "@ROOT"
#: Labels that Fluentd itself sends to: what a plugin cannot process, and its own log.
BUILT_IN = ("@ERROR", "@FLUENT_LOG")

#: Inputs that send nothing, or only metrics of Fluentd to Prometheus.
_SILENT = ("prometheus", "prometheus_monitor", "prometheus_output_monitor", "prometheus_tail_monitor")
#: Outputs that send events on.
_SENDING = ("relabel", "rewrite_tag_filter", "detect_exceptions")


@dataclass(slots=True)
class Route:
    """The filters and matches of one label in order, and the tags that come in; None for tags that nobody knows."""

    label: str
    steps: list[tuple[str, Node]] = field(default_factory=list)
    tags: list[tuple[Node, tuple[str, ...] | None]] = field(default_factory=list)

    def takes(self, tag: tuple[str, ...] | None) -> bool:
        """Whether a match may take events with ``tag``."""
        matches = [node for _, node in self.steps if node.name == "match"]
        return any(tag is None or may_match(pattern, tag) for node in matches for pattern in node.patterns())


def routing_findings(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    """Follow events from their sources."""
    routes = _routes(nodes)
    yield from _label_findings(nodes, routes)
    for route in routes.values():
        yield from _unreachable(route)
        yield from _untaken(route)
        yield from _without_events(route)
    yield from _loops(routes)


def _routes(nodes: tuple[Node, ...]) -> dict[str, Route]:
    routes = {ROOT: Route(ROOT)}
    for worker, node in _flat(nodes):
        if node.name == "label":
            route = routes.setdefault(node.section.argument, Route(node.section.argument))
            route.steps.extend((worker, step) for step in node.inner("filter", "match"))
        elif node.name in ("filter", "match"):
            routes[ROOT].steps.append((worker, node))
    for node in walk(nodes):
        for sender, label, tag in _sent(node, _home(nodes, node)):
            if label in routes:
                routes[label].tags.append((sender, tag))
    return routes


def _flat(nodes: tuple[Node, ...]) -> Iterator[tuple[str, Node]]:
    """Return sections at the top level and in workers, with the worker's number."""
    for node in nodes:
        if node.name == "worker":
            yield from ((node.section.argument, inner) for inner in node.nodes)
        else:
            yield "", node


def _home(nodes: tuple[Node, ...], wanted: Node) -> str:
    """Return the label that a section stands in."""
    labels = (node for _, node in _flat(nodes) if node.name == "label")
    return next((label.section.argument for label in labels if any(node is wanted for node in walk((label,)))), ROOT)


def _sent(node: Node, home: str) -> Iterator[tuple[Node, str, tuple[str, ...] | None]]:
    """Return what a source or an output sends: the section that says so, the label and the tag."""
    label = node.text("@label") or home
    if node.name == "source" and node.type not in _SILENT:
        tag = node.text("tag")
        if node.type != "monitor_agent" or tag:
            yield node, label, tag_parts(tag) if tag and "add_tag_prefix" not in node.section.parameters else None
    elif node.name in ("match", "store") and node.type == "rewrite_tag_filter":
        for rule in node.inner("rule"):
            tag = rule.text("tag")
            yield rule, rule.text("label") or label, tag_parts(tag) if tag else None
    elif node.name in ("match", "store") and node.type in _SENDING:
        yield node, label, None
    elif node.name == "filter" and (timeout := node.text("timeout_label")):
        yield node, timeout, None


def _label_findings(nodes: tuple[Node, ...], routes: dict[str, Route]) -> Iterator[Finding]:
    for node in walk(nodes):
        for parameter in ("@label", "timeout_label", "label"):
            label = node.text(parameter)
            is_label = label is not None and (parameter != "label" or node.name == "rule") and label.startswith("@")
            if is_label and label not in routes:
                yield node.finding("label", f"there is no <label {label}>: Fluentd does not start", parameter)
        if node.type == "relabel" and node.name in ("match", "store") and "@label" not in node.section.parameters:
            yield node.finding("label", f"{node} of type relabel names no @label: its events go nowhere new")
    for _, node in _flat(nodes):
        name = node.section.argument
        if node.name == "label" and name not in BUILT_IN and name in routes and not routes[name].tags:
            yield node.finding("label", f"nothing sends to {name}")


def _unreachable(route: Route) -> Iterator[Finding]:
    taken: list[tuple[str, str, Node]] = []
    for worker, node in route.steps:
        for pattern in node.patterns():
            before = [step for step in taken if step[0] in ("", worker) and covers(step[1], pattern)]
            if before:
                message = f"no event reaches {pattern}: {before[0][2]} at {before[0][2].place} takes them all before"
                yield node.finding("unreachable", message)
        if node.name == "match":
            taken.extend((worker, pattern, node) for pattern in node.patterns())


def _untaken(route: Route) -> Iterator[Finding]:
    for node, tag in route.tags:
        if not route.takes(tag):
            where = f"<label {route.label}>" if route.label != ROOT else "the top level"
            written = node.text("tag") or "its events"
            yield node.finding("tag", f"nothing in {where} matches {written}: they are lost with a warning", "tag")


def _without_events(route: Route) -> Iterator[Finding]:
    """Find steps that no tag fits; where any tag may come in, and at labels of Fluentd's own, there are none."""
    if route.label in BUILT_IN or not route.tags or any(tag is None for _, tag in route.tags):
        return
    tags = [tag for _, tag in route.tags if tag is not None]
    for _, node in route.steps:
        for pattern in node.patterns():
            own_log = pattern.startswith("fluent.") or pattern == EVERYTHING
            if not own_log and not any(may_match(pattern, tag) for tag in tags):
                yield node.finding("tag", f"no source sends a tag that {pattern} matches")


def _loops(routes: dict[str, Route]) -> Iterator[Finding]:
    for route in routes.values():
        for _, step in route.steps:
            if step.name != "match":
                continue
            for node in outputs((step,)):
                yield from _loop(route, step, node)


def _loop(route: Route, step: Node, node: Node) -> Iterator[Finding]:
    """Find tags that a rewriting match would take again."""
    if node.type != "rewrite_tag_filter":
        return
    for rule in node.inner("rule"):
        label, tag = rule.text("label") or node.text("@label") or route.label, rule.text("tag") or ""
        literal = bool(tag) and tag_parts(tag) == tuple(tag.split("."))
        first = next((earlier for _, earlier in route.steps if earlier.name == "match" and _takes(earlier, tag)), None)
        if literal and label == route.label and first is step:
            yield rule.finding("loop", f"{tag} comes back to {step}: its events go round for ever", "tag")


def _takes(node: Node, tag: str) -> bool:
    return any(may_match(pattern, tuple(tag.split("."))) for pattern in node.patterns())
