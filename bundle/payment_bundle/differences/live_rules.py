"""The rule groups that a Prometheus runs. Source: "Rules" of Prometheus' HTTP API; versions 2.42 and 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_bundle.ruler.rule_group import RuleGroup

if TYPE_CHECKING:
    from collections.abc import Iterable


def running_groups(data: Any) -> tuple[RuleGroup, ...]:
    """Return the groups in the data of an answer; raises ValueError where it holds none, KeyError, TypeError."""
    return tuple(RuleGroup.model_validate(_group(group)) for group in data["groups"])


def _group(group: Any) -> dict[str, Any]:
    return {
        "name": group["name"],
        "interval": group["interval"],
        "limit": group.get("limit"),
        "rules": [_rule(rule) for rule in _listed(group["rules"])],
    }


def _rule(rule: Any) -> dict[str, Any]:
    return {
        "alert" if rule["type"] == "alerting" else "record": rule["name"],
        "expr": rule["query"],
        "for": rule.get("duration"),
        "keep_firing_for": rule.get("keepFiringFor"),
        "labels": rule.get("labels"),
        "annotations": rule.get("annotations"),
    }


def _listed(rules: Iterable[Any] | None) -> Iterable[Any]:
    return rules or ()
