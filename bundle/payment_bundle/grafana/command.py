"""``payobs push grafana``: asks, decides, does, and tells each step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from payment_bundle.foreign_text import one_line
from payment_bundle.generation import grafana_documents
from payment_bundle.grafana.connection import RefusedError
from payment_bundle.grafana.plan import (
    OUR_TAG,
    Step,
    Verdict,
    compare,
    is_ours,
    judge,
    leftovers,
    message_for,
    saved_by,
)
from payment_bundle.push_run import Outcome, carry_out, first_of
from payment_catalog.documents import JsonDocument
from payment_dashboards.provisioning import DASHBOARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from payment_bundle.grafana.api import GrafanaApi
    from payment_bundle.grafana.found import Hit, Revision
    from payment_bundle.grafana.plan import Dashboard, Home
    from payment_bundle.push_run import Say
    from payment_catalog.catalog import Catalog

_OUTCOMES = {
    Verdict.CREATE: Outcome.CREATED,
    Verdict.UPDATE: Outcome.UPDATED,
    Verdict.UNCHANGED: Outcome.UNCHANGED,
    Verdict.CONFLICT: Outcome.NOT_DONE,
}


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What may be done: only looking, overwriting what others saved, deleting what is no longer generated."""

    dry_run: bool = False
    force: bool = False
    prune: bool = False


def generated_dashboards(catalog: Catalog) -> dict[str, Dashboard]:
    """Return every dashboard by its uid."""
    return {
        PurePosixPath(path).stem: cast("dict[str, Any]", document.content)
        for path, document in grafana_documents(catalog).items()
        if path.startswith(DASHBOARDS) and isinstance(document, JsonDocument)
    }


def differing(wanted: Mapping[str, Dashboard], api: GrafanaApi, home: Home) -> Iterator[Step]:
    """Return what would have to be done with each dashboard that is not as wanted. Raises GrafanaError."""
    for uid, dashboard in wanted.items():
        step = _looked_at(api, uid, dashboard, home.folder.uid, force=False)
        if step.verdict is not Verdict.UNCHANGED:
            yield step


def surplus(wanted: Mapping[str, Dashboard], api: GrafanaApi, home: Home) -> list[Hit]:
    """Return the dashboards of ours that are no longer generated. Raises GrafanaError."""
    candidates = leftovers(api.tagged(OUR_TAG), wanted, home.folder.uid)
    return [hit for hit in candidates if home.names(hit.uid) or is_ours(_newest(api, hit.uid))]


def push(wanted: Mapping[str, Dashboard], api: GrafanaApi, home: Home, options: PushOptions, say: Say) -> bool:
    """Send those of ``wanted`` that differ; return whether all are there afterwards. Raises GrafanaError."""
    steps = _Push(api, home, options, say).steps(wanted)
    return carry_out(steps, say, place=api.url, objects="dashboards", dry_run=options.dry_run)


class _Push:
    def __init__(self, api: GrafanaApi, home: Home, options: PushOptions, say: Say) -> None:
        self._api = api
        self._home = home
        self._folder = home.folder
        self._options = options
        self._say = say

    def steps(self, wanted: Mapping[str, Dashboard]) -> Iterator[Outcome]:
        self._prepare_folder()
        for uid, dashboard in wanted.items():
            yield self._tried(uid, partial(self._push, uid, dashboard))
        for hit in surplus(wanted, self._api, self._home):
            yield self._tried(hit.uid, partial(self._leave, hit))

    def _prepare_folder(self) -> None:
        there = self._api.folder(self._folder.uid)
        if there is None:
            if not self._options.dry_run:
                self._api.create_folder(self._folder)
            created = Outcome.CREATED.words(dry_run=self._options.dry_run)
            self._say(f"  + folder '{self._folder.title}': {created}")
        elif there.title != self._folder.title:
            self._say(f"  = folder '{self._folder.title}': is called '{one_line(there.title)}' in Grafana; left so")

    def _tried(self, uid: str, work: Callable[[], Outcome]) -> Outcome:
        try:
            return work()
        except RefusedError as error:
            self._say(f"  {Outcome.NOT_DONE.sign} {uid}: {error}")
            return Outcome.NOT_DONE

    def _push(self, uid: str, dashboard: Dashboard) -> Outcome:
        step = _looked_at(self._api, uid, dashboard, self._folder.uid, force=self._options.force)
        if step.verdict in {Verdict.CREATE, Verdict.UPDATE} and not self._options.dry_run:
            self._save(step)
        outcome = _OUTCOMES[step.verdict]
        said = f"{step.reason}; {step.remedy}" if step.reason else outcome.words(dry_run=self._options.dry_run)
        self._say(f"  {outcome.sign} {uid}: {said}")
        for line in first_of(step.differences, "payobs diff grafana"):
            self._say(f"      {line}")
        return outcome

    def _save(self, step: Step) -> None:
        try:
            self._api.save(step.wanted, step.version, self._folder.uid, message_for(step.wanted))
        except RefusedError as error:
            if error.status != 412 or not self._is_there(step):
                raise _explained(error) from None

    def _is_there(self, step: Step) -> bool:
        """Whether a save that was refused had succeeded before, and only its answer was lost."""
        stored = self._api.dashboard(step.uid)
        return (
            stored is not None and compare(step.uid, step.wanted, stored, self._folder.uid).verdict is Verdict.UNCHANGED
        )

    def _leave(self, hit: Hit) -> Outcome:
        if not self._options.prune:
            self._say(f"  - {hit.uid}: is no longer generated; --prune removes it")
            return Outcome.LEFT_OVER
        last = _newest(self._api, hit.uid)
        if not (self._options.force or is_ours(last)):
            who = saved_by(last) if last else "its history cannot be read"
            self._say(f"  ! {hit.uid}: is no longer generated, but {who}; --prune --force removes it all the same")
            return Outcome.NOT_DONE
        if not self._options.dry_run:
            self._api.delete(hit.uid)
        self._say(f"  - {hit.uid}: {Outcome.REMOVED.words(dry_run=self._options.dry_run)}")
        return Outcome.REMOVED


def _newest(api: GrafanaApi, uid: str) -> Revision | None:
    stored = api.dashboard(uid)
    return None if stored is None else api.revision(uid, stored.version)


def _looked_at(api: GrafanaApi, uid: str, wanted: Dashboard, folder_uid: str, *, force: bool) -> Step:
    stored = api.dashboard(uid)
    step = compare(uid, wanted, stored, folder_uid)
    if stored is None or step.verdict is Verdict.UNCHANGED:
        return step
    return judge(step, stored, api.revision(uid, stored.version), folder_uid, force=force)


def _explained(error: RefusedError) -> RefusedError:
    remedies = {
        "version-mismatch": "somebody saved it a moment ago; run it again to see what changed",
        "name-exists": "another dashboard of this folder has the same title; rename or move that one",
        "plugin-dashboard": "it belongs to a plugin, and only the plugin can change it",
    }
    remedy = remedies.get(error.kind)
    return RefusedError(f"{error}; {remedy}", error.status, error.kind) if remedy else error
