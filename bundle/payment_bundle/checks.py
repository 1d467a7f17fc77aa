"""``payobs check``: each check is a name and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import payment_dashboards
from payment_alerts.amtool import Amtool
from payment_alerts.engines.agents import agents
from payment_alerts.engines.federation import federation
from payment_alerts.groups import alert_groups, recordings
from payment_alerts.promtool import Promtool
from payment_alerts.rules import rules
from payment_bundle.declaration import declared_at
from payment_bundle.drift import drift
from payment_bundle.expression_check import expression_findings
from payment_bundle.extending.soundness import place_of, placed, unsound
from payment_bundle.fluentd_check import configuration_findings
from payment_bundle.fluentd_dry_run import dry_run_findings
from payment_bundle.generation import generate_documents
from payment_bundle.manifest import manifest_of
from payment_bundle.rendering import render_all
from payment_catalog.findings import Finding
from payment_catalog.promql import PromQLError
from payment_dashboards.linting import dashboard_findings
from payment_dashboards.linting.model import is_dashboard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from payment_catalog.addition import Addition
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.promql import Labels

_OF_THE_CATALOGUE = "expressions and dashboards of the catalogue"
_ROOMS = ("payment_alerts", "payment_dashboards", "payment_catalog")
_ROOMS_OF_DASHBOARDS = ("payment_dashboards", "payment_catalog")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what people call it, and the call that returns its findings; it raises NotRun where it cannot."""

    name: str
    run: Callable[[], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Generated:
    """Every document, and the series that expressions in them may use, with their labels.

    Where extensions are unsound, or dashboards cannot read the rules, there are no documents, but findings:
    ``unreadable``.
    """

    documents: Documents
    declared: Mapping[str, Labels]
    unreadable: tuple[Finding, ...] = ()


def generated(catalog: Catalog) -> Generated:
    """Return what is generated for ``catalog``."""
    if findings := unsound(catalog):
        return Generated({}, {}, findings)
    groups = alert_groups(catalog)
    declared = catalog.declared(recordings(groups))
    try:
        return Generated(generate_documents(catalog, groups), declared)
    except PromQLError as error:
        found = source_findings(render_all(rules(catalog, groups)), declared, catalog.additions)
        of_a_dashboard = Finding(payment_dashboards.__name__, 0, "PromQL", f"a query {error}")
        return Generated({}, declared, found or (of_a_dashboard,))


def source_findings(
    rendered: Mapping[str, bytes], declared: Mapping[str, Labels], additions: Sequence[Addition] = ()
) -> tuple[Finding, ...]:
    """Check expressions and dashboards that extensions, catalogue and rooms declare, and name the line that does."""
    return tuple(
        Finding(
            *(
                place_of(finding.rule, additions)
                or _place(declared_at(finding.rule, *_rooms(finding)))
                or (finding.file, finding.line)
            ),
            finding.rule,
            finding.message,
        )
        for finding in (*expression_findings(rendered, declared), *dashboard_findings(rendered, declared))
    )


def checks(catalog: Catalog, out: Path, *, quick: bool = False) -> Iterator[Check]:
    """Return the checks of a bundle for ``catalog`` that was written to ``out``, the dearest, if asked for, last."""
    made = generated(catalog)
    declared = made.declared
    rendered = render_all(made.documents)
    manifest = manifest_of(made.documents, rendered)

    def files(directory: str) -> tuple[Path, ...]:
        return tuple(sorted((out / directory).glob("*.yaml")))

    def at_home(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return placed(findings, catalog.additions)

    scraping_only = tuple(out / path for path in (*agents(catalog), *federation(catalog)))

    def edited() -> tuple[Finding, ...]:
        present = {path: file for path in rendered if (file := out / path).is_file()}
        contents = {path: file.read_bytes() for path, file in present.items()}
        differing = {path: content for path, content in contents.items() if content != rendered[path]}
        return (
            *expression_findings(differing, declared, str(out)),
            *dashboard_findings({**rendered, **differing}, declared, str(out), only=differing),
        )

    if made.unreadable:
        yield Check(_OF_THE_CATALOGUE, lambda: made.unreadable)
        return
    yield Check(_OF_THE_CATALOGUE, lambda: source_findings(rendered, declared, catalog.additions))
    yield Check("drift of generated files", lambda: tuple(drift(out, rendered, manifest)))
    yield Check("expressions and dashboards of edited files", edited)
    yield Check("configuration of Fluentd", lambda: configuration_findings(rendered, out))
    yield Check("fluentd --dry-run", lambda: dry_run_findings(out, configuration_findings(rendered, out)))
    yield Check("promtool check rules", lambda: at_home(Promtool().check_rules(files("prometheus/rules"))))
    yield Check("promtool check config", lambda: Promtool().check_config(out / "prometheus/prometheus.yml"))
    yield Check("promtool check config of what only scrapes", lambda: Promtool().check_agents(scraping_only))
    yield Check("amtool check-config", lambda: Amtool().check_config(out / "alertmanager/alertmanager.yml"))
    if not quick:
        yield Check("promtool test rules", lambda: at_home(Promtool().test_rules(files("prometheus/tests"))))


def _rooms(finding: Finding) -> tuple[str, ...]:
    return _ROOMS_OF_DASHBOARDS if is_dashboard(finding.file) else _ROOMS


def _place(declared: str) -> tuple[str, int] | None:
    if not declared:
        return None
    file, _, line = declared.rpartition(":")
    return file, int(line)
