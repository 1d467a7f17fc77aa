"""The exporter's Kubernetes objects: valid, bound to each other, without a secret, with no right too many."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import kubernetes_validate
import pytest
import yaml

from payment_catalog.catalog import build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.errors import ForeseenError
from payment_catalog.loading import load_file
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Recovery
from payment_catalog.settings.storage import Backups, Logs
from payment_exporter.configuration import Configuration
from payment_exporter.kubernetes import kubernetes

ROOT = Path(__file__).parents[2]
SHOP = Settings(
    service="shop",
    exporter="shop-exporter",
    namespace="trade",
    backups=Backups(directory="/srv/backups"),
    recovery=Recovery(point_objective=timedelta(minutes=90), time_objective=timedelta(days=2)),
    logs=Logs(elasticsearch=tuple(f"http://node-{number}" for number in range(20))),
)


def objects(settings: Settings) -> dict[str, dict[str, Any]]:
    """Each object by its kind."""
    found = {}
    for path, document in kubernetes(build_catalog(settings)).items():
        assert isinstance(document, YamlDocument)
        content: Any = yaml.safe_load(yaml.safe_dump(document.content))
        assert path == f"kubernetes/base/payment-exporter-{content['kind'].lower()}.yaml"
        found[content["kind"]] = content
    return found


def pod(settings: Settings) -> dict[str, Any]:
    template: dict[str, Any] = objects(settings)["Deployment"]["spec"]["template"]
    return template


def container(settings: Settings) -> dict[str, Any]:
    (only,) = pod(settings)["spec"]["containers"]
    found: dict[str, Any] = only
    return found


def configuration(settings: Settings, directory: Path) -> Configuration:
    """The configuration as the exporter reads it from the mounted file."""
    (argument,) = container(settings)["args"]
    file = PurePosixPath(argument.removeprefix("--config.file="))
    mounts = {mount["mountPath"]: mount["name"] for mount in container(settings)["volumeMounts"]}
    (volume,) = [it for it in pod(settings)["spec"]["volumes"] if it["name"] == mounts[str(file.parent)]]
    config_map = objects(settings)["ConfigMap"]
    assert volume["configMap"]["name"] == config_map["metadata"]["name"]
    read = directory / file.name
    read.write_text(config_map["data"][file.name])
    return load_file(read, Configuration)


@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("settings", [Settings(), SHOP], ids=["defaults", "shop"])
def test_every_object_is_valid(settings: Settings, version: str) -> None:
    found = objects(settings)
    assert set(found) == {"ServiceAccount", "ConfigMap", "Deployment", "Service", "NetworkPolicy"}
    for content in found.values():
        kubernetes_validate.validate(content, version, strict=True)
        assert content["metadata"]["namespace"] == settings.namespace
        assert content["metadata"]["labels"] == {"app": settings.exporter}


def test_the_validator_refuses_what_is_wrong() -> None:
    wrong = objects(Settings())["Deployment"]
    wrong["spec"]["template"]["spec"]["containers"][0]["imagge"] = "x"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_the_configuration_is_what_the_settings_say(tmp_path: Path) -> None:
    read = configuration(SHOP, tmp_path)
    assert read.collectors.backup.directory == "/srv/backups"
    assert read.collectors.backup.recovery_point_objective == timedelta(minutes=90)
    assert read.collectors.backup.recovery_time_objective == timedelta(days=2)
    assert read.collectors.host.mountpoints == ("/", "/srv/backups")
    assert read.collectors.probe.targets == ("http://shop:8080",)
    assert read.collectors.elasticsearch.enabled
    assert read.collectors.elasticsearch.index == "logs-shop-*"
    assert set(read.collectors.elasticsearch.urls) < set(SHOP.logs.elasticsearch)


def test_without_elasticsearch_its_collector_is_off(tmp_path: Path) -> None:
    settings = Settings(logs=Logs(elasticsearch=()))
    assert not configuration(settings, tmp_path).collectors.elasticsearch.enabled


def test_prometheus_finds_the_exporter_where_it_scrapes() -> None:
    service = objects(Settings())["Service"]
    (port,) = service["spec"]["ports"]
    (target,) = Settings().environments["production"].exporter
    assert target == f"{service['metadata']['name']}:{port['port']}"
    assert {"name": port["targetPort"], "containerPort": port["port"], "protocol": "TCP"} in container(Settings())[
        "ports"
    ]


@pytest.mark.parametrize("settings", [Settings(), SHOP], ids=["defaults", "shop"])
def test_service_policy_and_deployment_mean_the_same_pods(settings: Settings) -> None:
    found = objects(settings)
    labels = pod(settings)["metadata"]["labels"]
    assert found["Service"]["spec"]["selector"] == labels
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert pod(settings)["spec"]["serviceAccountName"] == found["ServiceAccount"]["metadata"]["name"]


def test_the_database_is_named_by_the_runbooks_config_map() -> None:
    references = {
        it["name"]: it["valueFrom"]["configMapKeyRef"] for it in container(Settings())["env"] if "valueFrom" in it
    }
    assert {"DB_HOST", "DB_PORT", "DB_USER", "DB_NAME", "REDIS_HOST", "REDIS_PORT", "FIUU_BASE_URL"} == set(references)
    assert {name: reference["key"] for name, reference in references.items()} == {name: name for name in references}
    assert {reference["name"] for reference in references.values()} == {"payment-service-config"}
    assert [name for name, reference in references.items() if not reference["optional"]] == ["DB_HOST"]


def test_secrets_are_files_and_nothing_else(tmp_path: Path) -> None:
    specification = pod(Settings())["spec"]
    assert all("PASSWORD" not in it["name"] or it["name"].endswith("_FILE") for it in container(Settings())["env"])
    assert "secretKeyRef" not in yaml.safe_dump(specification)
    (secrets,) = [it for it in specification["volumes"] if "projected" in it]
    (mount,) = [it for it in container(Settings())["volumeMounts"] if it["name"] == secrets["name"]]
    files = {
        f"{mount['mountPath']}/{item['path']}": (source["secret"]["name"], item["key"])
        for source in secrets["projected"]["sources"]
        for item in source["secret"]["items"]
    }
    (password,) = [it["value"] for it in container(Settings())["env"] if it["name"] == "DB_PASSWORD_FILE"]
    assert files == {
        password: ("payment-service-secrets", "DB_PASSWORD"),
        configuration(Settings(), tmp_path).collectors.elasticsearch.api_key_file: (
            "payment-exporter-secrets",
            "ELASTICSEARCH_API_KEY",
        ),
    }


def test_it_keeps_to_the_restricted_pod_security_standard() -> None:
    specification = pod(Settings())["spec"]
    assert specification["securityContext"]["runAsNonRoot"]
    assert specification["securityContext"]["runAsUser"] > 0
    assert specification["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(specification)
    assert not specification["automountServiceAccountToken"]
    context = container(Settings())["securityContext"]
    assert context["readOnlyRootFilesystem"]
    assert not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert all(mount["readOnly"] for mount in container(Settings())["volumeMounts"])
    allowed = {"configMap", "projected", "persistentVolumeClaim"}
    assert all(set(volume) - {"name"} <= allowed for volume in specification["volumes"])


def test_every_volume_is_mounted_and_the_backups_where_they_are_looked_for() -> None:
    names = {volume["name"] for volume in pod(SHOP)["spec"]["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container(SHOP)["volumeMounts"]}
    assert set(mounts) == names
    assert mounts["backups"] == "/srv/backups"
    assert not [mount for mount in container(SHOP)["volumeMounts"] if "subPath" in mount]


def test_a_service_called_redis_does_not_set_our_variables() -> None:
    assert pod(Settings())["spec"]["enableServiceLinks"] is False


def test_another_configuration_makes_another_pod() -> None:
    before = pod(Settings())["metadata"]["annotations"]
    assert before == pod(Settings())["metadata"]["annotations"]
    assert before != pod(Settings(recovery=Recovery(point_objective=timedelta(hours=1))))["metadata"]["annotations"]


def test_it_is_asked_whether_it_is_healthy_and_has_its_bounds() -> None:
    probes = [container(Settings())[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness")]
    assert {probe["httpGet"]["path"] for probe in probes} == {"/-/healthy"}
    assert set(container(Settings())["resources"]) == {"requests", "limits"}


def test_the_image_is_a_fixed_version() -> None:
    assert re.fullmatch(r"your-registry/payment-exporter:v[0-9]+\.[0-9]+\.[0-9]+", container(Settings())["image"])


def test_only_prometheus_comes_in_and_out_go_the_ports_that_are_measured() -> None:
    specification = objects(SHOP)["NetworkPolicy"]["spec"]
    assert specification["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = specification["ingress"]
    (peer,) = rule["from"]
    assert peer["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}
    ports = {port["port"] for rule in specification["egress"] for port in rule["ports"]}
    assert ports == {53, 80, 443, 5432, 6379, 8080}


def test_a_port_that_is_none_is_a_clear_error() -> None:
    with pytest.raises(ForeseenError, match=r"^http://logs:99999: its port is not from 1 to 65535$"):
        kubernetes(build_catalog(Settings(logs=Logs(elasticsearch=("http://logs:99999",)))))


def test_it_is_generated_where_the_exporters_own_libraries_are_missing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[>=<;~! ]", it)[0].replace("-", "_") for it in requirements}

    missing = names(project["optional-dependencies"]["exporter"]) - names(project["dependencies"])
    assert {"psycopg", "psutil", "prometheus_client"} <= missing
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({sorted(missing)}))\n"
        "from payment_catalog.catalog import build_catalog\n"
        "from payment_catalog.settings import Settings\n"
        "from payment_exporter.kubernetes import kubernetes\n"
        "print(len(kubernetes(build_catalog(Settings()))))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (result.stdout, result.stderr) == ("5\n", "")
