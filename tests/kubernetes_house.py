"""The Kubernetes objects of a bundle as files, and what kustomize makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from payment_bundle.generation import generate_documents
from payment_bundle.rendering import render
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

Object: TypeAlias = dict[str, Any]
#: Kind and name: what an object is known by in a namespace.
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Files:
    """Every file below ``kubernetes``, as it is written."""

    texts: Mapping[str, str]

    def content(self, path: str) -> Any:
        return yaml.load(self.texts[path], Loader=yaml.CSafeLoader)

    def below(self, directory: str) -> list[str]:
        return [path for path in self.texts if path.startswith(f"{directory}/")]

    def write(self, directory: Path) -> None:
        for path, text in self.texts.items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def build(self, directory: str) -> dict[Key, Object]:
        """Return what kustomize builds from a directory: the part of it that the bundle uses."""
        content = self.content(f"{directory}/kustomization.yaml")
        found: dict[Key, Object] = {}
        for resource in content["resources"]:
            path = normpath(PurePosixPath(directory, resource).as_posix())
            built = list(self._expanded(path)) if path in self.texts else list(self.build(path).items())
            for key, each in built:
                assert key not in found, f"{key} is there twice"
                found[key] = each
        for component in content.get("components", []):
            self._add(found, normpath(PurePosixPath(directory, component).as_posix()))
        self.patch(found, content)
        for labels in content.get("labels", []):
            for each in found.values():
                each["metadata"]["labels"] = {**each["metadata"].get("labels", {}), **labels["pairs"]}
        return found

    def _add(self, found: dict[Key, Object], component: str) -> None:
        content = self.content(f"{component}/kustomization.yaml")
        assert content["kind"] == "Component"
        for resource in content["resources"]:
            for key, each in self._expanded(f"{component}/{resource}"):
                assert key not in found, f"{key} is there twice"
                found[key] = each
        self.patch(found, content)

    def patch(self, found: Mapping[Key, Object], content: Object) -> None:
        """Change the objects as a kustomization says."""
        for patch in content.get("patches", []):
            target = found[patch["target"]["kind"], patch["target"]["name"]]
            for operation in json.loads(patch["patch"]):
                assert operation["op"] == "replace"
                *way, last = operation["path"].strip("/").split("/")
                place: Any = target
                for step in way:
                    place = place[int(step) if isinstance(place, list) else step]
                assert last in place, operation["path"]
                place[last] = operation["value"]

    def _expanded(self, path: str) -> Iterator[tuple[Key, Object]]:
        content = self.content(path)
        for each in content["items"] if content["kind"] == "List" else [content]:
            yield (each["kind"], each["metadata"]["name"]), each


def kubernetes_files(settings: Settings, generate: Callable[[Catalog], Documents] = generate_documents) -> Files:
    """Return the files of a bundle, or those of one generator."""
    return _files(settings.model_dump_json(), generate)


@cache
def _files(settings: str, generate: Callable[[Catalog], Documents]) -> Files:
    documents = generate(build_catalog(Settings.model_validate_json(settings)))
    texts = {path: render(path, it).decode() for path, it in documents.items() if path.startswith("kubernetes/")}
    return Files(texts)


def pod_of(content: Object) -> Object:
    """Return the pod's specification of whatever makes pods."""
    specification: Object = content["spec"]
    if content["kind"] == "CronJob":
        specification = specification["jobTemplate"]["spec"]
    pod: Object = specification["template"]["spec"]
    return pod


def pod_labels(content: Object) -> dict[str, str]:
    """Return the labels of its pods."""
    specification = content["spec"]["jobTemplate"]["spec"] if content["kind"] == "CronJob" else content["spec"]
    labels: dict[str, str] = specification["template"]["metadata"]["labels"]
    return labels


#: What makes pods.
WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob")
