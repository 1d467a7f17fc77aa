"""From the settings of services to their files, with one template for all that differ in words only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import payment_logging
from payment_bundle.checks import generated, source_findings
from payment_bundle.extending.loading import Extended, extended_catalog
from payment_bundle.extending.origin import ExtensionError
from payment_bundle.fleet.added_values import added_values
from payment_bundle.fleet.identity import anonymous
from payment_bundle.fleet.template import Bundle, NotATemplate, Template, template_of
from payment_bundle.manifest import Entry, manifest_of
from payment_bundle.parts import PARTS, part_of
from payment_bundle.rendering import render_all
from payment_catalog.errors import ForeseenError
from payment_exporter.kubernetes import kubernetes as exporter_objects
from payment_logging.elasticsearch import elasticsearch
from payment_service.kubernetes import kubernetes as service_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.findings import Finding

#: A template costs one generation, and its proof another, which two services cost without it.
FEWEST = 3
#: The page of what extensions make of the settings.
_ADDED = "added"


class FaultyError(ForeseenError):
    """A service whose expressions, dashboards or extensions have ``findings``: its files are left as they are."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        more = f"; 'payobs check --fleet' tells {len(findings) - 1} more" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}")
        self.findings = findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Extended):
    """A service to be generated, its extensions, the directory of its files, and which parts it gets.

    The directory is below the output directory.
    """

    path: str
    parts: frozenset[str] = frozenset(PARTS)


@dataclass(frozen=True, slots=True)
class Model:
    """How services of equal anonymous settings are made: by a template, or each for real, where need be with a reason.

    ``anew`` are the paths that the template leaves out, because each holds a digest of something. ``findings`` are
    those of the expressions and dashboards of the first service: where there are any, none is made. ``added`` is what
    their extensions make of the settings, as a template with one page.
    """

    template: Template | None
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    anew: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset(PARTS)
    added: Template | None = None

    def made(self, service: Service) -> Bundle | None:
        """Return the files that the template makes of ``service``; ``None`` where it is to be generated for real.

        That is also where extensions make something else of its settings than of the placeholders, but for words.
        Raises ExtensionError.
        """
        if self.template is None:
            return None
        words = anonymous(service.settings).words
        if self.added is None and not self.anew:
            return self.template.bundle(words)
        catalog = service.catalog
        if self.added is not None and not _says(self.added, words, catalog):
            return None
        printed = self.template.bundle(words)
        if not self.anew:
            return printed
        documents = _with_digests(catalog)
        digested = bundle_from({path: documents[path] for path in self.anew})
        rendered = {**printed.rendered, **digested.rendered}
        return Bundle({path: rendered[path] for path in sorted(rendered)}, {**printed.manifest, **digested.manifest})

    def only(self, parts: frozenset[str]) -> Model:
        """Return the model of these parts of the files."""
        template = self.template.kept(lambda path: part_of(path) in parts) if self.template else None
        return replace(
            self, template=template, anew=frozenset(path for path in self.anew if part_of(path) in parts), parts=parts
        )


def alike(services: Iterable[Service]) -> tuple[tuple[Service, ...], ...]:
    """Return the services grouped by their anonymous settings and extensions, in the order of each group's first."""
    groups: dict[tuple[object, ...], list[Service]] = defaultdict(list)
    for service in services:
        extensions = tuple((origin.name, origin.directory) for origin in service.origins)
        groups[(anonymous(service.settings).key, extensions)].append(service)
    return tuple(map(tuple, groups.values()))


def model_of(services: Sequence[Service]) -> Model:
    """Return how ``services``, which are alike, are made; the template is proven on the first of them, whole."""
    return _model_of(services).only(services[0].parts)


def _model_of(services: Sequence[Service]) -> Model:
    first = services[0]
    if len(services) < FEWEST:
        return Model(None)
    try:
        bundle = _generated(first)
    except (FaultyError, ExtensionError) as error:
        # What is wrong with an extension may be about this service alone.
        return Model(None, findings=error.findings if isinstance(error, FaultyError) and not first.origins else ())
    try:
        return proven(first, bundle)
    except (NotATemplate, ExtensionError) as reason:
        return Model(None, str(reason))


def bundle_of(service: Service, model: Model) -> Bundle:
    """Return the files of a service in the model's parts, to the byte those of ``payobs generate``.

    Raises FaultyError where ``payobs generate`` would write nothing, and ExtensionError.
    """
    return model.made(service) or for_real(service, model)


def for_real(service: Service, model: Model) -> Bundle:
    """Return the same without the template; raises the same."""
    if model.findings:
        raise FaultyError(model.findings)
    return _kept(_generated(service), model.parts)


def _generated(service: Service) -> Bundle:
    """Return the files of a service as they are generated for real; raises FaultyError and ExtensionError."""
    catalog = service.catalog
    made = generated(catalog)
    bundle = bundle_from(made.documents)
    findings = made.unreadable or source_findings(bundle.rendered, made.declared, catalog.additions)
    if findings:
        raise FaultyError(findings)
    return bundle


def _kept(bundle: Bundle, parts: frozenset[str]) -> Bundle:
    paths = [path for path in bundle.rendered if part_of(path) in parts]
    return Bundle({path: bundle.rendered[path] for path in paths}, {path: bundle.manifest[path] for path in paths})


def bundle_from(documents: Documents) -> Bundle:
    """Return ``documents`` as they are written."""
    rendered = render_all(documents)
    return Bundle(rendered, manifest_of(documents, rendered))


def proven(service: Service, bundle: Bundle) -> Model:
    """Return the template that makes ``bundle`` of the words in the settings of ``service``.

    Raises NotATemplate, and ExtensionError where an extension fails on the placeholders.
    """
    masked, catalog = anonymous(service.settings), service.catalog
    placeholders = extended_catalog(masked.settings, service.origins)
    printed = bundle_from(generated(placeholders).documents)
    template = template_of(printed, masked.placeholders)
    made = template.bundle(masked.words).rendered
    differing = {path for path in {**made, **bundle.rendered} if made.get(path) != bundle.rendered.get(path)}
    anew = differing & _with_digests(catalog).keys()
    if differing - anew:
        raise NotATemplate(f"{', '.join(sorted(differing - anew))}: the template would print something else")
    model = Model(template.kept(lambda path: path not in anew), anew=frozenset(anew))
    if not service.origins:
        return model
    added = template_of(Bundle({_ADDED: added_values(placeholders)}, {_ADDED: Entry("", "")}), masked.placeholders)
    if not _says(added, masked.words, catalog):
        raise NotATemplate("an extension makes something else of a setting than to print it")
    return replace(model, added=added)


def _says(added: Template, words: Sequence[str], catalog: Catalog) -> bool:
    """Whether the extensions of a service, whose ``catalog`` it is, make of its settings what ``added`` says."""
    try:
        return added.bundle(words).rendered[_ADDED] == added_values(catalog)
    except NotATemplate:
        return False


def _with_digests(catalog: Catalog) -> Documents:
    """Return the documents of the generators that print digests of what they print; they are soon made."""
    return {
        **elasticsearch(catalog),
        **exporter_objects(catalog),
        **service_objects(catalog),
        **payment_logging.generate(catalog),
    }
