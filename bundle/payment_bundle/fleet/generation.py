"""``payobs generate --fleet``: writes the directory of each service that something changed for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_bundle.fleet.fleet_manifest import FLEET_MANIFEST, Member, read_fleet, render_fleet
from payment_bundle.fleet.making import bundle_from
from payment_bundle.fleet.memory import Memory, Remembered, recall, remember
from payment_bundle.fleet.monitoring import directory_of, monitoring_documents
from payment_bundle.fleet.program import program
from payment_bundle.fleet.roster import inputs_of, is_current, roster, untouched
from payment_bundle.fleet.writing import Writing, Written
from payment_bundle.parts import PARTS
from payment_bundle.tree import locked
from payment_catalog.errors import ForeseenError
from payment_catalog.monitoring import FLEET

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.backtest.progress_bar import Tell
    from payment_bundle.fleet.making import Service
    from payment_bundle.fleet.roster import Entry, Roster
    from payment_bundle.fleet.teamwork import Team


@dataclass(slots=True)
class Outcome:
    """What a run did: services written and removed, those that nothing changed for, and what is wrong.

    ``notes`` tell why services were generated without a template, and which files were kept.
    """

    written: list[Written] = field(default_factory=list)
    removed: list[Written] = field(default_factory=list)
    unchanged: int = 0
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, done: Written, into: list[Written]) -> None:
        """Note what became of a directory."""
        self.notes += [f"{done.path}/{path}: no longer generated, but edited by hand; kept" for path in done.edited]
        if done.error:
            self.broken.append(f"{done.path}: {done.error}")
        elif done.differs:
            into.append(done)
        elif into is self.written:
            self.unchanged += 1


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where the settings of a fleet are, where its files go, and which parts of them each service gets."""

    directory: Path
    out: Path
    jobs: int
    parts: frozenset[str] = frozenset(PARTS)
    only: tuple[str, ...] = ()
    dry_run: bool = False


def generate_fleet(fleet: Fleet, team: Team, tell: Tell) -> Outcome:
    """Generate what changed; raises ForeseenError where the fleet as a whole cannot be.

    A file that is wrong, or a directory that cannot be written, is in the outcome and keeps the files that it has.
    """
    with locked(fleet.out):
        memory, members = recall(fleet.out), read_fleet(fleet.out)
        found = roster(fleet.directory, memory, fleet.only, fleet.parts)
        run = _Run(fleet, found, memory, members, Outcome(broken=list(found.broken)))
        try:
            run.services(team, tell)
            run.monitoring()
            if not fleet.only:
                run.removals()
        finally:
            if not fleet.dry_run:
                run.keep()
    return run.outcome


@dataclass(slots=True)
class _Run:
    """One run; ``memory`` and ``members`` follow what is done."""

    fleet: Fleet
    roster: Roster
    memory: Memory
    members: dict[str, Member]
    outcome: Outcome
    _noted: set[str] = field(default_factory=set)
    _failed: bool = False

    @property
    def _writing(self) -> Writing:
        return Writing(self.fleet.out, self.fleet.dry_run)

    def services(self, team: Team, tell: Tell) -> None:
        asked = self.roster.asked
        current = untouched(asked, self.memory, self.fleet.out, team) & self.members.keys()
        stale = {entry.path: entry for entry in asked if entry.path not in current}
        self.outcome.unchanged += len(asked) - len(stale)
        done = 0
        for group, written in team.each(map(self.roster.service, stale.values()), self._writing):
            if group.model.reason and group.model.reason not in self._noted:
                self._noted.add(group.model.reason)
                self.outcome.notes.append(f"generated one by one, without a template: {group.model.reason}")
            for one in written:
                entry = stale[one.path]
                self.outcome.take(one, self.outcome.written)
                self._failed |= bool(one.error)
                if not one.error:
                    self.members[one.path] = self._member(entry, one)
                    self.memory.services[one.path] = Remembered(
                        entry.inputs, program(), entry.names, one.stamp, entry.extensions
                    )
            done += len(group.services)
            tell("services", done, len(stale))

    def monitoring(self) -> None:
        """Write what each Prometheus has once, unless a service is broken: it would no longer be scraped."""
        if self._failed or len(self.roster.entries) < len(self.roster.found):
            self.outcome.notes.append("what the fleet has once is left as it is while files are broken")
            return
        current = {}
        for prometheus, entries in self.roster.by_prometheus().items():
            path, inputs = directory_of(prometheus), inputs_of(entries)
            known = self.memory.monitoring.get(path)
            if known is not None and is_current(known, inputs, self.fleet.out / path):
                current[path] = known
                self.outcome.unchanged += 1
                continue
            written = self._once(path, [self.roster.service(entry) for entry in entries])
            self.outcome.take(written, self.outcome.written)
            if not written.error:
                current[path] = Remembered(inputs, program(), entries[0].names, written.stamp)
                self.members[path] = Member(path, "", FLEET, FLEET, written.sha256)
        self.memory.monitoring = current

    def _once(self, path: str, services: list[Service]) -> Written:
        try:
            bundle = bundle_from(monitoring_documents(services))
        except ForeseenError as error:  # of a function of an extension; a service that was not asked for may list it
            return Written(path, error=str(error))
        return self._writing.write(path, bundle)

    def removals(self) -> None:
        """Remove the files of services that are no more; a broken file's service is still one."""
        there = {source.path for source in self.roster.found}
        if len(self.roster.entries) < len(self.roster.found):
            there |= {path for path, member in self.members.items() if not member.file}
        there |= set(self.memory.monitoring)
        for path in sorted(self.members.keys() - there):
            done = self._writing.remove(path)
            self.outcome.take(done, self.outcome.removed)
            if not done.error:
                del self.members[path]
                self.memory.services.pop(path, None)

    def keep(self) -> None:
        """Write what is known now; first everything else reaches the disk."""
        content = render_fleet(self.members.values())
        file = self.fleet.out / FLEET_MANIFEST
        if self.outcome.written or self.outcome.removed:
            os.sync()
        if not file.is_file() or file.read_bytes() != content:
            self.fleet.out.mkdir(parents=True, exist_ok=True)
            new = file.with_name(f".{file.name}.new")
            new.write_bytes(content)
            new.replace(file)
        remember(self.fleet.out, self.memory)

    def _member(self, entry: Entry, done: Written) -> Member:
        file = entry.source.file.relative_to(self.fleet.directory).as_posix()
        return Member(entry.path, file, entry.names.service, entry.names.namespace, done.sha256)
