"""Puts the Kubernetes objects of every room together: a base for kustomize, and an overlay for each environment."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from payment_alerts.operator.monitors import MONITORS_FILE
from payment_catalog.documents import YamlDocument
from payment_catalog.kubernetes_objects import BASE, OVERLAYS, replacing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.documents import Documents
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

KUSTOMIZATION = "kustomization.yaml"
_API_VERSION = "kustomize.config.k8s.io/v1beta1"
_NAMESPACE_FILE = "namespace.yaml"


def kustomize(settings: Settings, paths: Iterable[str]) -> Documents:
    """Return the namespace, the base that lists it and each of ``paths`` below it, and the overlays."""
    overlays = {f"{OVERLAYS}/{name}/{KUSTOMIZATION}": _overlay(settings, name) for name in settings.environments}
    return {**base(settings, paths), **{path: YamlDocument(content, __name__) for path, content in overlays.items()}}


def base(settings: Settings, paths: Iterable[str]) -> Documents:
    """Return the namespace, and the base that lists it and each of ``paths`` below it."""
    directory = PurePosixPath(BASE)
    files = sorted(path.name for path in map(PurePosixPath, paths) if path.parent == directory)
    contents = {
        f"{BASE}/{_NAMESPACE_FILE}": _namespace(settings),
        f"{BASE}/{KUSTOMIZATION}": _kustomization(resources=[_NAMESPACE_FILE, *files]),
    }
    return {path: YamlDocument(content, __name__) for path, content in contents.items()}


def _namespace(settings: Settings) -> Object:
    """Return the namespace. Fluentd mounts log directories of its node: a standard that is enforced would refuse it."""
    warned = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("audit", "warn")}
    labels = {"app": settings.service, **warned}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": settings.namespace, "labels": labels}}


def _overlay(settings: Settings, environment: str) -> Object:
    """Return what an environment has beside the base: its name as a label, monitors, fewer pods if it wakes nobody."""
    quiet = not settings.environments[environment].page
    return {
        **_kustomization(resources=[f"../../{PurePosixPath(BASE).name}", MONITORS_FILE]),
        "labels": [{"pairs": {"environment": environment}}],
        **({"patches": [_fewer_pods(settings)]} if quiet else {}),
    }


def _fewer_pods(settings: Settings) -> Object:
    named = settings.kubernetes
    return replacing(
        "HorizontalPodAutoscaler",
        settings.service,
        {"/spec/minReplicas": 1, "/spec/maxReplicas": named.replicas},
    )


def _kustomization(resources: list[str]) -> Object:
    return {"apiVersion": _API_VERSION, "kind": "Kustomization", "resources": resources}
