"""What is to be done with each dashboard, decided from what stands in Grafana and what is wanted.

Every save of ours carries a message with the digest of what was sent. It tells two things later: that nobody saved the
dashboard since, and that it is what we would send again, also where Grafana keeps it in a newer form of its own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from payment_bundle.foreign_text import one_line
from payment_bundle.grafana.found import Folder
from payment_bundle.grafana.words import differences
from payment_catalog.grafana_names import folder_title, folder_uid, uid_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_bundle.grafana.found import Hit, Revision, Stored
    from payment_catalog.settings import Settings

#: A dashboard as Grafana's classic JSON.
Dashboard: TypeAlias = "Mapping[str, Any]"

#: What our messages in a dashboard's history begin with.
MARK = "payobs push"
#: The tag that every generated dashboard has.
OUR_TAG = "payobs"


class Verdict(StrEnum):
    """What is to be done."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with one dashboard; ``version`` is the one to be replaced.

    A conflict has its ``reason``, and for whoever would push all the same a ``remedy``.
    """

    uid: str
    verdict: Verdict
    wanted: Dashboard
    version: int = 0
    differences: tuple[str, ...] = ()
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the dashboards of one service belong: their folder, and what the uids of the bundle's own begin with."""

    folder: Folder
    prefix: str

    def names(self, uid: str) -> bool:
        """Whether ``uid`` is one that a dashboard of the bundle's may have."""
        return uid == self.prefix or uid.startswith(f"{self.prefix}-")


def home_of(settings: Settings, title: str = "") -> Home:
    """Return the home of the service; ``title`` is that of its folder, where it is yet to be created."""
    return Home(Folder(uid=folder_uid(settings), title=title or folder_title(settings)), uid_prefix(settings))


def message_for(wanted: Dashboard) -> str:
    """Return the words under which ``wanted`` is saved."""
    text = json.dumps(wanted, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{MARK} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def compare(uid: str, wanted: Dashboard, stored: Stored | None, folder_uid: str) -> Step:
    """Return whether ``wanted`` is there; where it differs, as an update that is yet to be judged."""
    if stored is None:
        return Step(uid, Verdict.CREATE, wanted)
    found = differences(stored.content, wanted)
    if stored.folder_uid != folder_uid and not stored.provisioned:
        found = (f"is in {_place(stored.folder_uid)}, belongs into the folder '{folder_uid}'", *found)
    verdict = Verdict.UPDATE if found else Verdict.UNCHANGED
    return Step(uid, verdict, wanted, stored.version, found)


def judge(step: Step, stored: Stored, last: Revision | None, folder_uid: str, *, force: bool = False) -> Step:
    """Return an update of ``stored`` as what may be done: nothing, the update, or nothing because of a conflict.

    ``last`` is the newest revision, ``None`` where nobody knows. ``force`` gives up what others saved.
    """
    if stored.folder_uid == folder_uid and last is not None and last.message == message_for(step.wanted):
        return replace(step, verdict=Verdict.UNCHANGED, differences=())
    if stored.provisioned:
        source = f" ({one_line(stored.provisioned_from)})" if stored.provisioned_from else ""
        reason = f"Grafana loads it from a file{source} and saves no other"
        return _conflict(step, reason, "change that file, or remove it and push again")
    if force or is_ours(last):
        return step
    if last is None:
        reason = "its history cannot be read, so somebody may have changed it in Grafana"
        return _conflict(step, reason, "--force overwrites it all the same")
    reason = f"{saved_by(last)} in Grafana"
    return _conflict(step, reason, "put what is worth keeping into the bundle, then --force overwrites it")


def is_ours(last: Revision | None) -> bool:
    """Whether the newest revision is known to be ours."""
    return last is not None and last.message.startswith(MARK)


def saved_by(last: Revision) -> str:
    """Return in words who saved a dashboard last."""
    words = f" ('{last.message}')" if last.message else ""
    who = last.created_by or "somebody"
    return one_line(f"{who} saved version {last.version} at {last.created or 'an unknown time'}{words}")


def leftovers(hits: Iterable[Hit], wanted: Iterable[str], folder_uid: str) -> list[Hit]:
    """Return the tagged dashboards of our folder that are no longer generated."""
    kept = frozenset(wanted)
    found = (hit for hit in hits if hit.folder_uid == folder_uid and hit.uid not in kept)
    return sorted(found, key=lambda hit: hit.uid)


def _conflict(step: Step, reason: str, remedy: str) -> Step:
    return replace(step, verdict=Verdict.CONFLICT, reason=reason, remedy=remedy)


def _place(folder_uid: str) -> str:
    return f"the folder '{folder_uid}'" if folder_uid else "no folder"
