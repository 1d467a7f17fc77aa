"""Rules about names: by what files, links and other panels find a dashboard and its panels."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from payment_dashboards.linting.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_dashboards.linting.model import Dashboard, Rule, Surroundings

#: Grafana refuses a longer one, and any other character.
LONGEST_UID = 40
_UID = re.compile(r"[A-Za-z0-9_-]+")
_LINKED_UID = re.compile(r"^(?:https?://[^/?#]+)?(?:/[^?#]*)?/d/([A-Za-z0-9_-]+)")


def uid_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """Each dashboard has a uid of its own, which is the name of its file."""
    uid, stem = dashboard.uid, PurePosixPath(dashboard.file).stem
    if not uid:
        yield Problem(
            "uid-rule", dashboard.root, f"has no uid, so that Grafana makes up another one each time: '{stem}'"
        )
        return
    if uid != stem:
        yield Problem(
            "uid-rule", dashboard.root, f"has the uid '{uid}', its file the name '{stem}': make them the same"
        )
    if len(uid) > LONGEST_UID or not _UID.fullmatch(uid):
        yield Problem(
            "uid-rule",
            dashboard.root,
            f"has the uid '{uid}': Grafana takes at most {LONGEST_UID} letters, digits, '-' and '_'",
        )
    if surroundings.uids[uid] > 1:
        yield Problem(
            "uid-rule", dashboard.root, f"shares the uid '{uid}' with another dashboard: one replaces the other"
        )


def dashboard_title_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """Titles differ: up to version 10 Grafana refuses the second of a folder."""
    title = dashboard.root.text("title")
    if not title:
        yield Problem("dashboard-title-rule", dashboard.root, "has no title: Grafana does not load it")
    elif surroundings.titles[title] > 1:
        yield Problem(
            "dashboard-title-rule", dashboard.root, f"shares the title '{title}' with another dashboard: rename one"
        )


def panel_id_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each panel has a number of its own."""
    numbers = Counter(
        identifier for panel in dashboard.panels if isinstance(identifier := panel.content.get("id"), int)
    )
    for panel in dashboard.panels:
        identifier = panel.content.get("id")
        if not isinstance(identifier, int):
            yield Problem("panel-id-rule", panel, "has no id: number the panels of a dashboard from 1")
        elif numbers[identifier] > 1:
            yield Problem("panel-id-rule", panel, f"shares the id {identifier} with another panel: give each its own")


def dashboard_link_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """A link to a dashboard leads to one that exists."""
    nodes = (*dashboard.root.parts("links", "title"), *dashboard.panels)
    for node in nodes:
        for text in node.texts("panels"):
            linked = _LINKED_UID.match(text)
            if linked and linked[1] not in surroundings.uids:
                yield Problem(
                    "dashboard-link-rule",
                    node,
                    f"links to the dashboard '{linked[1]}', which is not among {', '.join(sorted(surroundings.uids))}",
                )


RULES: tuple[Rule, ...] = (uid_rule, dashboard_title_rule, panel_id_rule, dashboard_link_rule)
