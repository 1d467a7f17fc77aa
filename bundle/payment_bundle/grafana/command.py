"""``payobs push grafana`` and ``payobs diff grafana``: asks, decides, does, and tells each step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from payment_bundle.foreign_text import one_line
from payment_bundle.generation import grafana_documents
from payment_bundle.grafana.connection import GrafanaError, RefusedError
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
from payment_catalog.documents import JsonDocument
from payment_dashboards.provisioning import DASHBOARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from payment_bundle.grafana.api import GrafanaApi
    from payment_bundle.grafana.found import Folder, Hit
    from payment_bundle.grafana.plan import Dashboard
    from payment_catalog.catalog import Catalog

    Say = Callable[[str], None]

_SIGNS = {Verdict.CREATE: "+", Verdict.UPDATE: "~", Verdict.UNCHANGED: "=", Verdict.CONFLICT: "!"}
#: A push tells the first differences of a dashboard, ``diff`` every one.
_TOLD = 6


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What may be done: only looking, overwriting what others saved, deleting what is no longer generated."""

    dry_run: bool = False
    force: bool = False
    prune: bool = False


class _Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    LEFT_OVER = "left over"
    NOT_DONE = "not pushed"


_OUTCOMES = {
    Verdict.CREATE: _Outcome.CREATED,
    Verdict.UPDATE: _Outcome.UPDATED,
    Verdict.UNCHANGED: _Outcome.UNCHANGED,
    Verdict.CONFLICT: _Outcome.NOT_DONE,
}


def generated_dashboards(catalog: Catalog) -> dict[str, Dashboard]:
    """Return every dashboard by its uid."""
    return {
        PurePosixPath(path).stem: cast("dict[str, Any]", document.content)
        for path, document in grafana_documents(catalog).items()
        if path.startswith(DASHBOARDS) and isinstance(document, JsonDocument)
    }


def differing(wanted: Mapping[str, Dashboard], api: GrafanaApi, folder_uid: str) -> Iterator[Step]:
    """Return what would have to be done with each dashboard that is not as wanted. Raises GrafanaError."""
    for uid, dashboard in wanted.items():
        step = _looked_at(api, uid, dashboard, folder_uid, force=False)
        if step.verdict is not Verdict.UNCHANGED:
            yield step


def surplus(wanted: Mapping[str, Dashboard], api: GrafanaApi, folder_uid: str) -> list[Hit]:
    """Return the dashboards of ours that are no longer generated. Raises GrafanaError."""
    return leftovers(api.tagged(OUR_TAG), wanted, folder_uid)


def diff(wanted: Mapping[str, Dashboard], api: GrafanaApi, folder_uid: str, say: Say) -> bool:
    """Tell where the dashboards ``wanted`` differ; return whether none does. Raises GrafanaError."""
    count = 0
    for step in differing(wanted, api, folder_uid):
        if step.verdict is Verdict.CREATE:
            say(f"  + {step.uid}: is missing in Grafana")
        else:
            say(f"  {_SIGNS[step.verdict]} {step.uid}: {step.reason or 'differs'}")
            for line in step.differences:
                say(f"      {line}")
        count += 1
    more = surplus(wanted, api, folder_uid)
    for hit in more:
        say(f"  - {hit.uid}: is no longer generated")
    count += len(more)
    outcome = f"{count} dashboard(s) differ" if count else f"all {len(wanted)} dashboards are as generated"
    say(f"{api.url}: {outcome}")
    return not count


def push(wanted: Mapping[str, Dashboard], api: GrafanaApi, folder: Folder, options: PushOptions, say: Say) -> bool:
    """Send those of ``wanted`` that differ; return whether all are there afterwards. Raises GrafanaError."""
    return _Push(api, folder, options, say).run(wanted)


class _Push:
    def __init__(self, api: GrafanaApi, folder: Folder, options: PushOptions, say: Say) -> None:
        self._api = api
        self._folder = folder
        self._options = options
        self._say = say
        self._done = Counter[_Outcome]()

    def run(self, wanted: Mapping[str, Dashboard]) -> bool:
        try:
            self._prepare_folder()
            for uid, dashboard in wanted.items():
                self._count(uid, partial(self._push, uid, dashboard))
            for hit in surplus(wanted, self._api, self._folder.uid):
                self._count(hit.uid, partial(self._leave, hit))
        except KeyboardInterrupt:
            self._say(f"interrupted; {self._summary()}; run it again for the rest")
            return False
        except GrafanaError:
            if self._done:
                self._say(f"broken off; {self._summary()}; run it again for the rest")
            raise
        self._conclude(len(wanted))
        return not self._done[_Outcome.NOT_DONE]

    def _prepare_folder(self) -> None:
        there = self._api.folder(self._folder.uid)
        if there is None:
            if not self._options.dry_run:
                self._api.create_folder(self._folder)
            self._say(f"  + folder '{self._folder.title}'{self._would_be('created')}")
        elif there.title != self._folder.title:
            self._say(f"  = folder '{self._folder.title}': is called '{one_line(there.title)}' in Grafana; left so")

    def _count(self, uid: str, work: Callable[[], _Outcome]) -> None:
        try:
            self._done[work()] += 1
        except RefusedError as error:
            self._say(f"  ! {uid}: {error}")
            self._done[_Outcome.NOT_DONE] += 1

    def _push(self, uid: str, dashboard: Dashboard) -> _Outcome:
        step = _looked_at(self._api, uid, dashboard, self._folder.uid, force=self._options.force)
        if step.verdict in {Verdict.CREATE, Verdict.UPDATE} and not self._options.dry_run:
            self._save(step)
        outcome = _OUTCOMES[step.verdict]
        self._say(f"  {_SIGNS[step.verdict]} {uid}{f': {step.reason}' if step.reason else self._would_be(outcome)}")
        for line in _first(step.differences):
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

    def _leave(self, hit: Hit) -> _Outcome:
        if not self._options.prune:
            self._say(f"  - {hit.uid}: is no longer generated; --prune removes it")
            return _Outcome.LEFT_OVER
        last = self._api.last_save(hit.uid)
        if not (self._options.force or is_ours(last)):
            who = saved_by(last) if last else "its history cannot be read"
            self._say(f"  ! {hit.uid}: is no longer generated, but {who}; --prune --force removes it all the same")
            return _Outcome.NOT_DONE
        if not self._options.dry_run:
            self._api.delete(hit.uid)
        self._say(f"  - {hit.uid}{self._would_be(_Outcome.REMOVED)}")
        return _Outcome.REMOVED

    def _would_be(self, done: str) -> str:
        return f": would be {done}" if self._options.dry_run and done != _Outcome.UNCHANGED else f": {done}"

    def _conclude(self, wanted: int) -> None:
        if self._done == Counter({_Outcome.UNCHANGED: wanted}):
            self._say(f"{self._api.url}: nothing to send, all {wanted} dashboards are as generated")
        else:
            self._say(
                f"{self._api.url}: {self._summary()}{' (dry run, nothing sent)' if self._options.dry_run else ''}"
            )

    def _summary(self) -> str:
        return (
            ", ".join(f"{self._done[outcome]} {outcome}" for outcome in _Outcome if self._done[outcome])
            or "nothing done"
        )


def _looked_at(api: GrafanaApi, uid: str, wanted: Dashboard, folder_uid: str, *, force: bool) -> Step:
    stored = api.dashboard(uid)
    step = compare(uid, wanted, stored, folder_uid)
    if stored is None or step.verdict is Verdict.UNCHANGED:
        return step
    return judge(step, stored, api.last_save(uid), folder_uid, force=force)


def _explained(error: RefusedError) -> RefusedError:
    remedies = {
        "version-mismatch": "somebody saved it a moment ago; run it again to see what changed",
        "name-exists": "another dashboard of this folder has the same title; rename or move that one",
        "plugin-dashboard": "it belongs to a plugin, and only the plugin can change it",
    }
    remedy = remedies.get(error.kind)
    return RefusedError(f"{error}; {remedy}", error.status, error.kind) if remedy else error


def _first(lines: tuple[str, ...]) -> Iterator[str]:
    yield from lines[:_TOLD]
    if len(lines) > _TOLD:
        yield f"and {len(lines) - _TOLD} more; 'payobs diff grafana' tells every one"
