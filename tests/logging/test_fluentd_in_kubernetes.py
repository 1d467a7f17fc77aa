"""Fluentd's pods: what its configurations read and write is there, and nothing more of the node."""

from __future__ import annotations

import fnmatch
import re
from pathlib import PurePosixPath
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_house import Files, kubernetes_files, pod_labels, pod_of

import payment_logging
from payment_catalog.errors import ForeseenError
from payment_catalog.fluentd_metrics import FLUENTD_PORT
from payment_catalog.settings import Settings
from payment_catalog.settings.storage import Logs
from payment_logging import configuration
from payment_logging.variants import Variant

SHOP = Settings(
    service="shop",
    namespace="trade",
    logs=Logs(elasticsearch=("https://a:9243", "http://b"), aggregators=("logs.trade.svc:24999",)),
)
COMPONENT = "kubernetes/components/log-aggregators"
#: What Kubernetes sets by itself.
OWN_VARIABLES = {"HOSTNAME"}


def files(settings: Settings) -> Files:
    return kubernetes_files(settings, payment_logging.generate)


def running(variant: Variant, settings: Settings) -> dict[str, Any]:
    """What runs the variant."""
    found = files(settings)
    if variant is Variant.AGGREGATOR:
        aggregating: dict[str, Any] = found.content(f"{COMPONENT}/fluentd-statefulset.yaml")
        return aggregating
    node: dict[str, Any] = found.content("kubernetes/base/fluentd-daemonset.yaml")
    if variant is Variant.FORWARDER:
        found.patch({("DaemonSet", node["metadata"]["name"]): node}, found.content(f"{COMPONENT}/kustomization.yaml"))
    return node


def container(content: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod_of(content)["containers"]
    found: dict[str, Any] = only
    return found


def mount_of(content: dict[str, Any], path: str) -> dict[str, Any]:
    """The mount that a path lies in: the deepest."""
    found: list[dict[str, Any]] = [
        mount for mount in container(content)["volumeMounts"] if PurePosixPath(path).is_relative_to(mount["mountPath"])
    ]
    return max(found, key=lambda mount: len(mount["mountPath"]))


@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("settings", [Settings(), SHOP], ids=["defaults", "shop"])
def test_every_object_is_valid(settings: Settings, version: str) -> None:
    found = files(settings)
    kinds = set()
    for path in found.texts:
        if not path.endswith("kustomization.yaml"):
            content = found.content(path)
            kubernetes_validate.validate(content, version, strict=True)
            kinds.add(content["kind"])
    assert {"DaemonSet", "StatefulSet", "ClusterRole", "ClusterRoleBinding"} <= kinds
    for variant in Variant:
        kubernetes_validate.validate(running(variant, settings), version, strict=True)


@pytest.mark.parametrize("variant", Variant)
def test_the_configuration_is_the_variants_own_and_starts_other_pods(variant: Variant) -> None:
    content = running(variant, SHOP)
    (volume,) = [it for it in pod_of(content)["volumes"] if "configMap" in it]
    found = files(SHOP)
    (config_map,) = [
        it
        for it in map(found.content, found.texts)
        if it["kind"] == "ConfigMap" and it["metadata"]["name"] == volume["configMap"]["name"]
    ]
    assert config_map["data"] == configuration(variant, SHOP)
    (option,) = [it for it in container(content)["command"] if it.startswith("--config=")]
    file = PurePosixPath(option.removeprefix("--config="))
    assert file.name in config_map["data"]
    assert mount_of(content, str(file))["name"] == volume["name"]
    other = running(variant, SHOP.model_copy(update={"logs": Logs(elasticsearch=("http://c",), aggregators=("d:1",))}))
    annotations = content["spec"]["template"]["metadata"]["annotations"]
    assert annotations != other["spec"]["template"]["metadata"]["annotations"]


@pytest.mark.parametrize("variant", Variant)
def test_every_variable_that_it_reads_is_set_from_the_secret(variant: Variant) -> None:
    text = "".join(configuration(variant, SHOP).values())
    read = set(re.findall(r"ENV\['(\w+)'\]", text)) - OWN_VARIABLES
    variables = {each["name"]: each["valueFrom"] for each in container(running(variant, SHOP))["env"]}
    assert read
    assert {name for name, source in variables.items() if "secretKeyRef" in source} == read
    for name in read:
        assert variables[name]["secretKeyRef"] == {"name": "shop-fluentd-secrets", "key": name}


@pytest.mark.parametrize("variant", Variant)
def test_what_it_writes_can_be_written_and_outlives_the_pod(variant: Variant) -> None:
    content = running(variant, SHOP)
    text = "".join(configuration(variant, SHOP).values())
    written = re.findall(r"^ *(?:pos_file|directory) (\S+)$", text, re.MULTILINE)
    written += re.findall(r"^ *path (/var/log/fluentd\S+)$", text, re.MULTILINE)
    assert written
    mounts = [mount_of(content, path) for path in written]
    assert {mount["name"] for mount in mounts} == {"state"}
    assert not any(mount.get("readOnly") for mount in mounts)
    kept = [volume for volume in pod_of(content)["volumes"] if volume["name"] == "state"]
    claims = [claim["metadata"]["name"] for claim in content["spec"].get("volumeClaimTemplates", [])]
    assert claims == ["state"] or kept[0]["hostPath"]["path"] == "/var/lib/shop-fluentd"


@pytest.mark.parametrize("variant", [Variant.NODE, Variant.FORWARDER])
def test_of_the_node_it_reads_log_files_and_nothing_else(variant: Variant) -> None:
    content = running(variant, SHOP)
    text = "".join(configuration(variant, SHOP).values())
    (path,) = re.findall(r"^ *path (/var/log/containers\S+)$", text, re.MULTILINE)
    assert mount_of(content, path)["readOnly"]
    mounts = {mount["name"]: mount for mount in container(content)["volumeMounts"]}
    host = {volume["name"]: volume["hostPath"]["path"] for volume in pod_of(content)["volumes"] if "hostPath" in volume}
    assert {path for name, path in host.items() if mounts[name].get("readOnly")} == {
        "/var/log/containers",
        "/var/log/pods",
        "/var/lib/docker/containers",
    }
    assert [path for name, path in host.items() if not mounts[name].get("readOnly")] == ["/var/lib/shop-fluentd"]
    # A link from one of them leads to the same path in the pod.
    assert all(mounts[name]["mountPath"] == path for name, path in host.items() if mounts[name].get("readOnly"))
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod_of(content))


@pytest.mark.parametrize("settings", [Settings(), SHOP], ids=["defaults", "shop"])
def test_it_does_not_read_its_own_log(settings: Settings) -> None:
    text = "".join(configuration(Variant.NODE, settings).values())
    (excluded,) = re.findall(r"^ *exclude_path '\[\"(\S+)\"\]'$", text, re.MULTILINE)
    content = running(Variant.NODE, settings)
    pod = f"{content['metadata']['name']}-x7k2p_{settings.namespace}_{container(content)['name']}-0123.log"
    assert fnmatch.fnmatch(f"/var/log/containers/{pod}", excluded)


@pytest.mark.parametrize("variant", Variant)
def test_it_may_do_no_more_than_it_needs(variant: Variant) -> None:
    content = running(variant, SHOP)
    assert container(content)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod_of(content)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    # Log files are root's; what comes over the network is nobody's.
    assert (pod_of(content)["securityContext"]["runAsUser"] == 0) == (variant is not Variant.AGGREGATOR)
    assert set(container(content)["resources"]) == {"requests", "limits"}
    names = {volume["name"] for volume in pod_of(content)["volumes"]}
    claims = {claim["metadata"]["name"] for claim in content["spec"].get("volumeClaimTemplates", [])}
    assert {mount["name"] for mount in container(content)["volumeMounts"]} == names | claims


@pytest.mark.parametrize("variant", Variant)
def test_who_asks_the_api_server_has_a_token_and_the_rights(variant: Variant) -> None:
    asks = "@type kubernetes_metadata" in "".join(configuration(variant, SHOP).values())
    pod = pod_of(running(variant, SHOP))
    assert pod["automountServiceAccountToken"] is asks
    found = files(SHOP)
    role = found.content("kubernetes/base/fluentd-clusterrole.yaml")
    binding = found.content("kubernetes/base/fluentd-clusterrolebinding.yaml")
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["namespaces", "pods"], "verbs": ["get", "list", "watch"]}
    ]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": pod["serviceAccountName"], "namespace": "trade"}]


@pytest.mark.parametrize("variant", Variant)
def test_prometheus_finds_the_metrics(variant: Variant) -> None:
    ports = {port["name"]: port["containerPort"] for port in container(running(variant, SHOP))["ports"]}
    assert ports["metrics"] == FLUENTD_PORT
    assert f"port {FLUENTD_PORT}\n" in configuration(variant, SHOP)["20-metrics.conf"]
    probe = container(running(variant, SHOP))["livenessProbe"]["httpGet"]
    assert probe == {"path": "/metrics", "port": "metrics"}
    assert pod_labels(running(variant, SHOP))["app"] == "shop-fluentd"


def policies(settings: Settings) -> dict[str, dict[str, Any]]:
    found = files(settings)
    contents = map(found.content, found.texts)
    return {it["metadata"]["name"]: it["spec"] for it in contents if it["kind"] == "NetworkPolicy"}


def reached(policy: dict[str, Any]) -> set[int]:
    return {port["port"] for rule in policy["egress"] for port in rule["ports"]}


def test_network_policies_let_through_what_is_sent_and_no_more() -> None:
    found = policies(SHOP)
    assert reached(found["shop-fluentd"]) == {53, 80, 9243, 443, 6443}
    assert reached(found["shop-fluentd-forwarder"]) == {53, 24224, 24999}
    assert reached(found["logs"]) == {53, 80, 9243, 443}
    prometheus = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}
    (scraped,) = found["shop-fluentd"]["ingress"]
    assert scraped == {"from": [prometheus], "ports": [{"protocol": "TCP", "port": "metrics"}]}
    nodes = pod_labels(running(Variant.NODE, SHOP))
    assert found["logs"]["ingress"][1] == {
        "from": [{"podSelector": {"matchLabels": nodes}}],
        "ports": [{"protocol": "TCP", "port": "forward"}],
    }
    for name, variant in (("shop-fluentd", Variant.NODE), ("logs", Variant.AGGREGATOR)):
        assert found[name]["podSelector"]["matchLabels"] == pod_labels(running(variant, SHOP))


def test_forwarders_find_the_aggregators_and_both_have_their_certificates() -> None:
    service = files(SHOP).content(f"{COMPONENT}/fluentd-service.yaml")
    aggregating = running(Variant.AGGREGATOR, SHOP)
    assert service["metadata"]["name"] == aggregating["spec"]["serviceName"] == "logs"
    assert service["spec"]["selector"] == pod_labels(aggregating)
    (port,) = service["spec"]["ports"]
    assert port["port"] == 24999
    ports = {port["name"]: port["containerPort"] for port in container(aggregating)["ports"]}
    assert f"port {ports[port['targetPort']]}\n" in configuration(Variant.AGGREGATOR, SHOP)["30-receive.conf"]
    for variant in (Variant.FORWARDER, Variant.AGGREGATOR):
        text = "".join(configuration(variant, SHOP).values())
        certificates = re.findall(r"(\S+/tls\.crt)$", text, re.MULTILINE)
        assert certificates
        assert {mount_of(running(variant, SHOP), path)["name"] for path in certificates} == {"tls"}


def test_a_port_that_is_none_is_a_clear_error() -> None:
    with pytest.raises(ForeseenError, match=r"^http://logs:99999: its port is not from 1 to 65535$"):
        files(Settings(logs=Logs(elasticsearch=("http://logs:99999",))))
