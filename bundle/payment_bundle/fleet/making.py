"""From the settings of services to their files, with one template for all that differ in words only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import payment_logging
from payment_bundle.checks import generated, source_findings
from payment_bundle.fleet.identity import anonymous
from payment_bundle.fleet.template import Bundle, NotATemplate, Template, template_of
from payment_bundle.manifest import manifest_of
from payment_bundle.parts import PARTS, part_of
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_exporter.kubernetes import kubernetes as exporter_objects
from payment_logging.elasticsearch import elasticsearch
from payment_service.kubernetes import kubernetes as service_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from payment_catalog.documents import Documents
    from payment_catalog.findings import Finding
    from payment_catalog.settings import Settings

#: A template costs one generation, and its proof another, which two services cost without it.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Service:
    """A service to be generated, the directory of its files below the output directory, and which parts it gets."""

    path: str
    settings: Settings
    parts: frozenset[str] = frozenset(PARTS)


@dataclass(frozen=True, slots=True)
class Model:
    """How services of equal anonymous settings are made: by a template, or each for real with the reason why.

    ``anew`` are the paths that the template leaves out, because each holds a digest of something. ``findings`` are
    those of the expressions and dashboards of the first service: where there are any, none is made.
    """

    template: Template | None
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    anew: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset(PARTS)

    def only(self, parts: frozenset[str]) -> Model:
        """Return the model of these parts of the files."""
        template = self.template.kept(lambda path: part_of(path) in parts) if self.template else None
        return replace(
            self, template=template, anew=frozenset(path for path in self.anew if part_of(path) in parts), parts=parts
        )


def alike(services: Iterable[Service]) -> tuple[tuple[Service, ...], ...]:
    """Return the services grouped by their anonymous settings, in the order of each group's first."""
    groups: dict[str, list[Service]] = defaultdict(list)
    for service in services:
        groups[anonymous(service.settings).key].append(service)
    return tuple(map(tuple, groups.values()))


def model_of(services: Sequence[Service]) -> Model:
    """Return how ``services``, which are alike, are made; the template is proven on the first of them, whole."""
    return _model_of(services).only(services[0].parts)


def _model_of(services: Sequence[Service]) -> Model:
    first = services[0].settings
    made = generated(build_catalog(first))
    bundle = bundle_from(made.documents)
    findings = made.unreadable or source_findings(bundle.rendered, made.declared)
    if findings or len(services) < FEWEST:
        return Model(None, "", findings)
    try:
        return proven(first, bundle)
    except NotATemplate as reason:
        return Model(None, str(reason))


def bundle_of(settings: Settings, model: Model) -> Bundle:
    """Return the files of a service in the model's parts, to the byte those of ``payobs generate``."""
    if model.template is None:
        documents = generated(build_catalog(settings)).documents
        return bundle_from({path: it for path, it in documents.items() if part_of(path) in model.parts})
    printed = model.template.bundle(anonymous(settings).words)
    if not model.anew:
        return printed
    documents = _with_digests(settings)
    digested = bundle_from({path: documents[path] for path in model.anew})
    rendered = {**printed.rendered, **digested.rendered}
    return Bundle({path: rendered[path] for path in sorted(rendered)}, {**printed.manifest, **digested.manifest})


def bundle_from(documents: Documents) -> Bundle:
    """Return ``documents`` as they are written."""
    rendered = render_all(documents)
    return Bundle(rendered, manifest_of(documents, rendered))


def proven(settings: Settings, bundle: Bundle) -> Model:
    """Return the template that makes ``bundle`` of the words in ``settings``; raises NotATemplate."""
    masked = anonymous(settings)
    printed = bundle_from(generated(build_catalog(masked.settings)).documents)
    template = template_of(printed, masked.placeholders)
    made = template.bundle(masked.words).rendered
    differing = {path for path in {**made, **bundle.rendered} if made.get(path) != bundle.rendered.get(path)}
    anew = differing & _with_digests(settings).keys()
    if differing - anew:
        raise NotATemplate(f"{', '.join(sorted(differing - anew))}: the template would print something else")
    return Model(template.kept(lambda path: path not in anew), anew=frozenset(anew))


def _with_digests(settings: Settings) -> Documents:
    """Return the documents of the generators that print digests of what they print; they are soon made."""
    catalog = build_catalog(settings)
    return {
        **elasticsearch(catalog),
        **exporter_objects(catalog),
        **service_objects(catalog),
        **payment_logging.generate(catalog),
    }
