"""``payobs check --fleet``: drift of every service's files, and all checks of one of each that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from payment_alerts.amtool import Amtool
from payment_alerts.promtool import Promtool
from payment_bundle.checks import checks
from payment_bundle.drift import drift
from payment_bundle.fleet.fleet_manifest import FLEET_MANIFEST, read_fleet
from payment_bundle.fleet.making import FaultyError, bundle_from, for_real
from payment_bundle.fleet.memory import Memory
from payment_bundle.fleet.monitoring import directory_of, monitoring_documents
from payment_bundle.fleet.roster import roster
from payment_bundle.not_run import NotRun
from payment_bundle.parts import PARTS
from payment_catalog.errors import ForeseenError
from payment_catalog.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from payment_bundle.backtest.progress_bar import Tell
    from payment_bundle.fleet.generation import Fleet
    from payment_bundle.fleet.making import Model, Service
    from payment_bundle.fleet.roster import Roster
    from payment_bundle.fleet.teamwork import Team
    from payment_bundle.fleet.template import Bundle

#: What people call a check, and the call that returns its findings.
NamedCheck: TypeAlias = tuple[str, "Callable[[], tuple[Finding, ...]]"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found about a service's files, or the fleet's own; ``not_run`` are checks that a tool is missing for."""

    path: str
    findings: tuple[str, ...]
    not_run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checking:
    """Compares the files of a service with what its settings generate; has every tool check what no template makes.

    Tools check services that are ``complete``.
    """

    out: Path
    complete: bool
    quick: bool

    def __call__(self, service: Service, model: Model) -> Checked:
        """Return what was found."""
        try:
            bundle = model.made(service)
            if bundle is None and self.complete:
                return self.whole(service)
            bundle = bundle or for_real(service, model)
        except FaultyError as faulty:
            return Checked(service.path, tuple(map(str, faulty.findings)))
        except ForeseenError as error:
            return Checked(service.path, (str(error),))
        found = drift(self.out / service.path, bundle.rendered, bundle.manifest)
        return Checked(service.path, tuple(map(str, found)))

    def whole(self, service: Service) -> Checked:
        """Return what all checks find that a service by itself has."""
        try:
            items = checks(service.catalog, self.out / service.path, quick=self.quick)
            return _run(service.path, ((item.name, item.run) for item in items))
        except ForeseenError as error:
            return Checked(service.path, (str(error),))


def check_fleet(fleet: Fleet, team: Team, tell: Tell, *, quick: bool) -> Iterator[Checked]:
    """Yield what was found: broken files first, then service by service, at last the fleet's own files.

    Of services that a template makes, the first is checked by every tool: the others differ from it in words, and are
    compared with what the template makes. Raises FleetError where there is no fleet.
    """
    found = roster(fleet.directory, Memory(), fleet.only, fleet.parts)
    for problem in found.broken:
        yield Checked("", (problem,))
    services = [found.service(entry) for entry in found.asked]
    checking = Checking(fleet.out, fleet.parts == frozenset(PARTS), quick)
    if not checking.complete:
        yield Checked("services", (), ("only compared: tools check services that have all parts",))
    done = 0
    for group, checked in team.each(services, checking):
        for service, one in zip(group.services, checked, strict=True):
            proves = checking.complete and group.model.template is not None and service.path == group.first
            yield checking.whole(service) if proves else one
        done += len(checked)
        tell("services", done, len(services))
    if not fleet.only and len(found.entries) == len(found.found):
        yield from _monitoring(found, fleet.out, quick=quick)
    yield from _left_over(found, fleet.out)


def _monitoring(found: Roster, out: Path, *, quick: bool) -> Iterator[Checked]:
    for prometheus, entries in found.by_prometheus().items():
        path = directory_of(prometheus)
        try:
            bundle = bundle_from(monitoring_documents([found.service(entry) for entry in entries]))
        except ForeseenError as error:
            yield Checked(path, (str(error),))
        else:
            yield _run(path, _checks_of_monitoring(out / path, bundle, quick=quick))


def _checks_of_monitoring(directory: Path, bundle: Bundle, *, quick: bool) -> Iterator[NamedCheck]:
    def files(part: str) -> tuple[Path, ...]:
        return tuple(sorted((directory / "prometheus" / part).glob("*.yaml")))

    promtool = Promtool()
    yield "drift", lambda: tuple(drift(directory, bundle.rendered, bundle.manifest))
    yield "promtool check rules", lambda: promtool.check_rules(files("rules"))
    yield "promtool check config", lambda: promtool.check_config(directory / "prometheus/prometheus.yml")
    yield "amtool check-config", lambda: Amtool().check_config(directory / "alertmanager/alertmanager.yml")
    if not quick:
        yield "promtool test rules", lambda: promtool.test_rules(files("tests"))


def _run(path: str, items: Iterable[NamedCheck]) -> Checked:
    findings: list[str] = []
    not_run: list[str] = []
    for name, run in items:
        try:
            findings += map(str, run())
        except NotRun as reason:
            not_run.append(f"{name}: not run: {reason}")
    return Checked(path, tuple(findings), tuple(not_run))


def _left_over(found: Roster, out: Path) -> Iterator[Checked]:
    there = {source.path for source in found.found} | set(map(directory_of, found.by_prometheus()))
    for path, member in read_fleet(out).items():
        if member.file and path not in there:
            reason = Finding(str(out / FLEET_MANIFEST), 0, "drift", f"{path} is no longer a service of the fleet")
            yield Checked(path, (str(reason),))
