"""What ``kubectl apply -k`` gets: each object once, each thing that one names there, fewer pods where nobody is woken.

kustomize itself is asked where ``kubectl`` (1.21 or newer) is installed, which Debian does not have. Elsewhere the
objects are put together by the tests' own reading of kustomize's files; where both are there, they must agree.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_house import WORKLOADS, Files, kubernetes_files, pod_labels, pod_of

from payment_bundle.helm_values import VALUES
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment
from payment_catalog.settings.storage import Logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kubernetes_house import Key, Object

#: Secrets are made by people; with these all is there (see docs/kubernetes.md).
SECRETS = {"shop-secrets", "shop-fluentd-secrets", "shop-fluentd-tls", "shop-alertmanager"}
SETTINGS = Settings(
    service="shop",
    exporter="shop-exporter",
    namespace="trade",
    environments={
        "production": Environment(service=("shop:8080",), exporter=("shop-exporter:9877",)),
        "staging": Environment(service=("shop:8080",), exporter=("shop-exporter:9877",), page=False),
    },
    logs=Logs(aggregators=("logs:24224",)),
)
WITH_AGGREGATORS = "kubernetes/overlays/large"
OVERLAYS = ("kubernetes/overlays/production", "kubernetes/overlays/staging", WITH_AGGREGATORS)


@pytest.fixture(scope="session")
def files() -> Files:
    """The bundle's files, and an overlay of a user's that adds aggregators."""
    large = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../production"],
        "components": ["../../components/log-aggregators"],
    }
    texts = kubernetes_files(SETTINGS).texts
    return Files({**texts, f"{WITH_AGGREGATORS}/kustomization.yaml": yaml.safe_dump(large)})


class Loader(yaml.CSafeLoader):
    """Reads a bare ``=`` as text, as YAML 1.2 has it, which kubectl writes."""


Loader.add_constructor("tag:yaml.org,2002:value", yaml.CSafeLoader.construct_yaml_str)


def with_kubectl(files: Files, directory: str, place: Path) -> dict[Key, Object]:
    files.write(place)
    result = subprocess.run(
        ["kubectl", "kustomize", str(place / directory)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    found = list(yaml.load_all(result.stdout, Loader=Loader))
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def by_ourselves(files: Files, directory: str, place: Path) -> dict[Key, Object]:
    del place
    return files.build(directory)


BUILDERS: dict[str, Callable[[Files, str, Path], dict[Key, Object]]] = {
    "own": by_ourselves,
    **({"kubectl": with_kubectl} if shutil.which("kubectl") else {}),
}


@pytest.fixture(params=OVERLAYS)
def built(request: pytest.FixtureRequest, files: Files) -> dict[Key, Object]:
    return files.build(request.param)


@pytest.mark.parametrize("directory", OVERLAYS)
@pytest.mark.parametrize("builder", BUILDERS.values(), ids=BUILDERS)
def test_an_overlay_builds(
    files: Files, directory: str, builder: Callable[[Files, str, Path], dict[Key, Object]], tmp_path: Path
) -> None:
    assert builder(files, directory, tmp_path) == files.build(directory)


def test_every_object_of_the_base_is_listed_once(files: Files) -> None:
    listed = files.content("kubernetes/base/kustomization.yaml")["resources"]
    there = [path.rpartition("/")[2] for path in files.below("kubernetes/base")]
    assert sorted([*listed, "kustomization.yaml"]) == sorted(there)
    component = files.content("kubernetes/components/log-aggregators/kustomization.yaml")["resources"]
    there = [path.rpartition("/")[2] for path in files.below("kubernetes/components/log-aggregators")]
    assert sorted([*component, "kustomization.yaml"]) == sorted(there)


def test_what_kubernetes_itself_knows_is_valid(built: Mapping[Key, Object]) -> None:
    for content in built.values():
        if not content["apiVersion"].startswith("monitoring.coreos.com/"):
            kubernetes_validate.validate(content, kubernetes_validate.latest_version(), strict=True)


def test_an_environment_is_a_label_of_every_object(files: Files) -> None:
    for environment in ("production", "staging"):
        for content in files.build(f"kubernetes/overlays/{environment}").values():
            assert content["metadata"]["labels"]["environment"] == environment


def test_everything_is_in_the_namespace(built: Mapping[Key, Object]) -> None:
    cluster_wide = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
    for (kind, _), content in built.items():
        assert content["metadata"].get("namespace") == (None if kind in cluster_wide else "trade")
    assert ("Namespace", "trade") in built


def named_in(pod: Object) -> set[Key]:
    """What a pod needs before it starts."""
    found: set[Key] = {("ServiceAccount", pod["serviceAccountName"])}
    for volume in pod["volumes"]:
        match volume:
            case {"configMap": {"name": name}}:
                found.add(("ConfigMap", name))
            case {"secret": {"secretName": name, **more}} if not more.get("optional"):
                found.add(("Secret", name))
            case {"persistentVolumeClaim": {"claimName": name}}:
                found.add(("PersistentVolumeClaim", name))
            case {"projected": {"sources": sources}}:
                found |= {("Secret", it["secret"]["name"]) for it in sources if not it["secret"].get("optional")}
    for container in pod["containers"]:
        found |= {("ConfigMap", it["configMapRef"]["name"]) for it in container.get("envFrom", [])}
        for variable in container.get("env", []):
            match variable.get("valueFrom"):
                case {"secretKeyRef": {"name": name}}:
                    found.add(("Secret", name))
                case {"configMapKeyRef": {"name": name}}:
                    found.add(("ConfigMap", name))
    return found


def test_what_a_pod_names_is_there_or_is_a_secret_that_is_documented(built: Mapping[Key, Object]) -> None:
    named = {key for content in built.values() if content["kind"] in WORKLOADS for key in named_in(pod_of(content))}
    assert {name for kind, name in named if kind == "Secret"} <= SECRETS
    assert {key for key in named if key[0] != "Secret"} <= set(built)


def test_variables_of_the_exporter_are_in_the_services_config_map(files: Files) -> None:
    built = files.build("kubernetes/overlays/production")
    (container,) = pod_of(built["Deployment", "shop-exporter"])["containers"]
    asked = [it["valueFrom"]["configMapKeyRef"] for it in container["env"] if "valueFrom" in it]
    assert asked
    for reference in asked:
        assert reference["key"] in built["ConfigMap", reference["name"]]["data"]


def test_selectors_mean_pods_that_there_are_and_no_two_workloads_share_theirs(built: Mapping[Key, Object]) -> None:
    pods = {key: pod_labels(content) for key, content in built.items() if content["kind"] in WORKLOADS}

    def chosen(selector: Mapping[str, str]) -> list[Key]:
        return [key for key, labels in pods.items() if selector.items() <= labels.items()]

    for (kind, name), content in built.items():
        if kind == "Service":
            assert len(chosen(content["spec"]["selector"])) == 1, name
        if kind == "NetworkPolicy":
            assert chosen(content["spec"]["podSelector"]["matchLabels"]), name
    lasting = [key for key in pods if key[0] not in {"Job", "CronJob"}]
    assert all(chosen(built[key]["spec"]["selector"]["matchLabels"]) == [key] for key in lasting)


def test_every_pod_has_a_network_policy_that_denies_the_rest(built: Mapping[Key, Object]) -> None:
    policies = [content["spec"] for content in built.values() if content["kind"] == "NetworkPolicy"]
    for (kind, name), content in built.items():
        if kind in WORKLOADS:
            labels = pod_labels(content).items()
            own = [it for it in policies if it["podSelector"]["matchLabels"].items() <= labels]
            assert own, name
            assert all(it["policyTypes"] == ["Ingress", "Egress"] for it in own)


def test_monitors_select_ports_that_there_are(files: Files) -> None:
    built = files.build("kubernetes/overlays/production")
    for app, kind, name in (
        ("shop", "ServiceMonitor", "shop"),
        ("shop-exporter", "ServiceMonitor", "shop-exporter"),
        ("shop-fluentd", "PodMonitor", "shop-fluentd"),
    ):
        spec = built[kind, name]["spec"]
        assert spec["selector"]["matchLabels"] == {"app": app}
        if kind == "ServiceMonitor":
            service = built["Service", name]
            assert service["metadata"]["labels"]["app"] == app
            assert spec["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
        else:
            (container,) = pod_of(built["DaemonSet", name])["containers"]
            assert pod_labels(built["DaemonSet", name])["app"] == app
            assert spec["podMetricsEndpoints"][0]["port"] in {port["name"] for port in container["ports"]}


def test_an_environment_that_wakes_nobody_has_fewer_pods(files: Files) -> None:
    def pods(environment: str) -> tuple[int, int]:
        spec = files.build(f"kubernetes/overlays/{environment}")["HorizontalPodAutoscaler", "shop"]["spec"]
        return spec["minReplicas"], spec["maxReplicas"]

    assert pods("production") == (SETTINGS.kubernetes.replicas, SETTINGS.kubernetes.most_replicas)
    assert pods("staging") == (1, SETTINGS.kubernetes.replicas)


def test_the_namespace_enforces_no_standard_that_fluentd_breaks(built: Mapping[Key, Object]) -> None:
    labels = built["Namespace", "trade"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"
    assert "pod-security.kubernetes.io/enforce" not in labels


def empty_lists(value: Any, place: str) -> list[str]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [each for key, child in children for each in empty_lists(child, f"{place}/{key}")]
    return [*found, place] if value == [] else found


def test_the_server_keeps_what_it_is_given(built: Mapping[Key, Object]) -> None:
    """It drops an empty list, and each apply would change the object again."""
    assert [place for (kind, name), it in built.items() for place in empty_lists(it, f"{kind}/{name}")] == []


def test_jobs_of_a_service_with_a_long_name_have_names_that_the_server_takes() -> None:
    long = kubernetes_files(Settings(service="a" * 50, shared=True)).build("kubernetes/overlays/production")
    names = {kind: [name for found, name in long if found == kind] for kind in ("CronJob", "Job")}
    assert len(names["CronJob"]) == 4
    assert max(map(len, names["CronJob"])) <= 52
    assert max(map(len, names["Job"])) <= 63


def test_no_secret_is_generated(files: Files) -> None:
    for directory in OVERLAYS:
        assert "Secret" not in {kind for kind, _ in files.build(directory)}


def test_the_charts_values_let_it_find_our_objects(files: Files) -> None:
    values: Any = files.content(VALUES)
    built = files.build("kubernetes/overlays/production")
    alertmanager = values["alertmanager"]["alertmanagerSpec"]
    routes = built["AlertmanagerConfig", "shop"]["metadata"]
    for selector, labels in (
        ("alertmanagerConfigSelector", routes["labels"]),
        ("alertmanagerConfigNamespaceSelector", {"kubernetes.io/metadata.name": routes["namespace"]}),
    ):
        (selected,) = alertmanager[selector]["matchExpressions"]
        assert (selected["operator"], selected["values"]) == ("In", [labels[selected["key"]]])
    assert alertmanager["alertmanagerConfigMatcherStrategy"] == {"type": "None"}
    templates = values["alertmanager"]["templateFiles"]
    used = set()
    for receiver in built["AlertmanagerConfig", "shop"]["spec"]["receivers"]:
        used |= set(str(receiver).split('template "')[1:])
    for name in {each.partition('"')[0] for each in used}:
        assert any(f'define "{name}"' in text for text in templates.values()), name
    for kind in ("dashboards", "datasources"):
        sidecar = values["grafana"]["sidecar"][kind]
        labelled = [
            it for it in built.values() if it["metadata"]["labels"].get(sidecar["label"]) == sidecar["labelValue"]
        ]
        assert labelled


def test_the_charts_own_rules_silence_none_of_ours(files: Files) -> None:
    """Its Alertmanager inhibits ``severity="info"`` while InfoInhibitor fires, which it does where no other does."""
    values: Any = files.content(VALUES)
    assert values["defaultRules"] == {"disabled": {"InfoInhibitor": True}}
    # kube-prometheus without the chart has that rule too: what must always arrive does not depend on the values.
    base = [files.content(path) for path in files.below("kubernetes/base") if "prometheusrule-monitoring" in path]
    (watchdog,) = [
        rule
        for it in base
        for group in it["spec"]["groups"]
        for rule in group["rules"]
        if rule.get("alert") == "Watchdog"
    ]
    assert watchdog["labels"]["severity"] == "none"
