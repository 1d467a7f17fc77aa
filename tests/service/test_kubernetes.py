"""The service's Kubernetes objects: what a pod is told is what the service reads, and nobody comes in who need not."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
from kubernetes_house import WORKLOADS, kubernetes_files, pod_labels, pod_of
from typer.main import get_command

from payment_alerts.backup_verification_alerts import VERIFICATION_INTERVAL
from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.errors import ForeseenError
from payment_catalog.settings import Settings
from payment_catalog.settings.kubernetes import Kubernetes
from payment_catalog.settings.objectives import Recovery
from payment_catalog.settings.storage import Retention
from payment_service.api import operations
from payment_service.cli import app
from payment_service.kubernetes import kubernetes
from payment_service.kubernetes.jobs import BACKUPS_WITHIN_OBJECTIVE, backup_period
from payment_service.maintenance.backup import BackupPlan
from payment_service.maintenance.care import MaintenancePlan
from payment_service.maintenance.verification import VerificationPlan
from payment_service.settings import ServiceSettings

if TYPE_CHECKING:
    import click

ROOT = Path(__file__).parents[2]
SHOP = Settings(
    service="shop",
    exporter="shop-exporter",
    namespace="trade",
    kubernetes=Kubernetes(
        replicas=2,
        most_replicas=8,
        database="db.internal:6432",
        database_name="shop",
        database_user="shop_app",
        redis="cache.internal:7000",
        gateway="https://sandbox.fiuu.com:8443",
        merchant_id="SB_shop",
        ingress_namespace="edge",
        proxies=("10.1.0.0/16", "fd00::/8"),
    ),
    retention=Retention(payment_attempts=timedelta(days=30)),
)
BOTH = pytest.mark.parametrize("settings", [Settings(), SHOP], ids=["defaults", "shop"])
#: Read by the server itself, which the service is served with.
OF_UVICORN = {"FORWARDED_ALLOW_IPS"}
MOUNTED = "/run/secrets/payment-service"


def objects(settings: Settings) -> dict[str, dict[str, Any]]:
    """Each object by its file's name, without what all of these names begin with."""
    files = kubernetes_files(settings, kubernetes)
    return {path.removeprefix("kubernetes/base/payment-service-")[:-5]: files.content(path) for path in files.texts}


def workloads(settings: Settings) -> dict[str, dict[str, Any]]:
    return {name: content for name, content in objects(settings).items() if content["kind"] in WORKLOADS}


def container(content: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod_of(content)["containers"]
    found: dict[str, Any] = only
    return found


def serving(settings: Settings) -> dict[str, Any]:
    return container(objects(settings)["deployment"])


def parsed(arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """What payment-service understands by the arguments, without doing it; raises where it does not."""
    command: Any = get_command(app)
    name = "payment-service"
    while hasattr(command, "commands"):
        name, *arguments = arguments
        command = command.commands[name]
    context: click.Context = command.make_context(name, list(arguments))
    return name, context.params


def environment(content: dict[str, Any], settings: Settings) -> dict[str, str]:
    """What the container finds in its environment."""
    found = container(content)
    (source,) = found["envFrom"]
    config_map = objects(settings)["configmap"]
    assert source == {"configMapRef": {"name": config_map["metadata"]["name"]}}
    return config_map["data"] | {each["name"]: each["value"] for each in found["env"]}


@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
@BOTH
def test_every_object_is_valid(settings: Settings, version: str) -> None:
    found = objects(settings)
    assert len({(it["kind"], it["metadata"]["name"]) for it in found.values()}) == len(found) == 13
    for content in found.values():
        kubernetes_validate.validate(content, version, strict=True)
        assert content["metadata"]["namespace"] == settings.namespace


def test_the_names_are_the_runbooks() -> None:
    found = objects(Settings())
    assert found["deployment"]["metadata"] == {
        "name": "payment-service",
        "namespace": "payment-service",
        "labels": {"app": "payment-service"},
    }
    assert serving(Settings())["name"] == "payment-service"
    assert found["configmap"]["metadata"]["name"] == "payment-service-config"
    assert re.fullmatch(r"your-registry/payment-service:v[0-9]+\.[0-9]+\.[0-9]+", serving(Settings())["image"])


def test_the_resources_are_the_runbooks() -> None:
    assert serving(Settings())["resources"] == {
        "requests": {"memory": "512Mi", "cpu": "500m"},
        "limits": {"memory": "1Gi", "cpu": "1000m"},
    }


@BOTH
def test_every_variable_is_one_that_the_service_reads(settings: Settings) -> None:
    known = {
        *(name.upper() for name in ServiceSettings.model_fields),
        *(f"DB_{name.upper()}" for name in DatabaseSettings.model_fields),
        *OF_UVICORN,
    }
    for content in workloads(settings).values():
        assert set(environment(content, settings)) <= known


@BOTH
def test_the_service_finds_all_that_it_needs(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = objects(settings)["deployment"]
    (volume,) = [it["secret"] for it in pod_of(deployment)["volumes"] if "secret" in it]
    assert volume["secretName"] == f"{settings.service}-secrets"
    for item in volume["items"]:
        (tmp_path / item["path"]).write_text(f"the {item['key']}\n")
    for name, value in environment(deployment, settings).items():
        monkeypatch.setenv(name, value.replace(MOUNTED, str(tmp_path)))
    service, database = ServiceSettings(), DatabaseSettings()  # type: ignore[call-arg]
    assert service.read_credentials().secret_key == "the FIUU_SECRET_KEY"
    assert database.read_password() == "the DB_PASSWORD"
    assert service.payment_api_keys_file == tmp_path / "payment-api-keys"
    named = settings.kubernetes
    assert f"{database.host}:{database.port}" == named.database
    assert (database.name, database.user) == (named.database_name, named.database_user)
    assert (database.max_connections, database.max_idle_connections) == (25, 5)
    assert f"{service.redis_host}:{service.redis_port}" == named.redis
    assert str(service.fiuu_base_url).rstrip("/") == named.gateway
    assert str(service.fiuu_callback_url) == f"{settings.urls.service}/fiuu/callback"


def test_secrets_are_files_and_nothing_else() -> None:
    for content in workloads(Settings()).values():
        mounts = {mount["name"]: mount for mount in container(content)["volumeMounts"]}
        (volume,) = [it for it in pod_of(content)["volumes"] if "secret" in it]
        assert mounts[volume["name"]]["mountPath"] == MOUNTED
        assert mounts[volume["name"]]["readOnly"]
        files = {f"{MOUNTED}/{item['path']}" for item in volume["secret"]["items"]}
        assert {each["value"] for each in container(content)["env"]} == files
        assert all(each["name"].endswith("_FILE") for each in container(content)["env"])
        assert "secretKeyRef" not in str(content)
    assert not [
        key for key in objects(Settings())["configmap"]["data"] if re.search("PASSWORD|SECRET|VERIFY|KEYS", key)
    ]


def test_jobs_get_the_databases_password_and_no_other_secret() -> None:
    for content in workloads(Settings()).values():
        (volume,) = [it["secret"] for it in pod_of(content)["volumes"] if "secret" in it]
        keys = [item["key"] for item in volume["items"]]
        assert content["kind"] == "Deployment" or keys == ["DB_PASSWORD"]


def test_another_variable_makes_other_pods() -> None:
    def digest(settings: Settings) -> dict[str, str]:
        annotations: dict[str, str] = objects(settings)["deployment"]["spec"]["template"]["metadata"]["annotations"]
        return annotations

    assert digest(Settings()) == digest(Settings(registry="elsewhere"))
    assert digest(Settings()) != digest(Settings(kubernetes=Kubernetes(redis="other:6379")))


@BOTH
def test_every_command_is_one_that_the_service_has(settings: Settings) -> None:
    found = {name: parsed(container(content)["args"]) for name, content in workloads(settings).items()}
    assert {name: command for name, (command, _) in found.items()} == {
        "deployment": "serve",
        "migration": "up",
        "cronjob-maintenance": "maintain",
        "cronjob-backup": "backup",
        "cronjob-verification": "verify-backup",
    }
    assert found["cronjob-maintenance"][1]["retention_days"] == settings.retention.payment_attempts.days
    for name in ("cronjob-backup", "cronjob-verification"):
        assert str(found[name][1]["directory"]) == settings.backups.directory


def test_the_cli_refuses_what_it_does_not_have() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["backup", "--kep=3"])


def test_probes_ask_paths_that_the_service_answers_and_only_readiness_asks_for_dependencies() -> None:
    paths = {
        kind: serving(Settings())[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")
    }
    assert set(paths.values()) <= {route.path for route in operations.router.routes}  # type: ignore[attr-defined]
    assert paths == {"startup": "/health", "readiness": "/ready", "liveness": "/health"}


def test_ports_agree() -> None:
    found = objects(Settings())
    _, options = parsed(serving(Settings())["args"])
    (port,) = serving(Settings())["ports"]
    assert (options["host"], options["port"]) == ("0.0.0.0", port["containerPort"])
    (offered,) = found["service"]["spec"]["ports"]
    assert (offered["port"], offered["targetPort"]) == (port["containerPort"], port["name"])
    (target,) = Settings().environments["production"].service
    assert target == f"{found['service']['metadata']['name']}:{offered['port']}"
    assert {
        serving(Settings())[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness", "liveness")
    } == {port["name"]}


@BOTH
def test_the_service_means_its_pods_and_no_job(settings: Settings) -> None:
    found = objects(settings)
    own = found["deployment"]["spec"]["template"]["metadata"]["labels"]
    assert own == {"app": settings.service}
    assert found["service"]["spec"]["selector"] == own
    assert found["poddisruptionbudget"]["spec"]["selector"]["matchLabels"] == own
    assert found["networkpolicy"]["spec"]["podSelector"]["matchLabels"] == own
    for content in workloads(settings).values():
        labels = pod_labels(content)
        assert (
            content["kind"] == "Deployment"
            or labels == found["jobs-networkpolicy"]["spec"]["podSelector"]["matchLabels"]
        )
        assert content["kind"] == "Deployment" or labels != own
        assert pod_of(content)["serviceAccountName"] == found["serviceaccount"]["metadata"]["name"]
    for constraint in pod_of(found["deployment"])["topologySpreadConstraints"]:
        assert constraint["labelSelector"]["matchLabels"] == own


def test_only_who_must_comes_in() -> None:
    (rule,) = objects(SHOP)["networkpolicy"]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": "http"}]
    assert rule["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}},
        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}},
        {"podSelector": {"matchLabels": {"app": "shop-exporter"}}},
    ]
    jobs = objects(SHOP)["jobs-networkpolicy"]["spec"]
    assert jobs["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in jobs


def test_out_go_names_and_what_it_is_connected_to() -> None:
    def reached(policy: str, settings: Settings) -> set[tuple[str, int]]:
        rules = objects(settings)[policy]["spec"]["egress"]
        assert objects(settings)[policy]["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert not [rule for rule in rules if not rule.get("ports")]
        return {(port["protocol"], port["port"]) for rule in rules for port in rule["ports"]}

    names = {("UDP", 53), ("TCP", 53)}
    assert reached("networkpolicy", Settings()) == names | {("TCP", 5432), ("TCP", 6379), ("TCP", 443)}
    assert reached("networkpolicy", SHOP) == names | {("TCP", 6432), ("TCP", 7000), ("TCP", 8443)}
    assert reached("jobs-networkpolicy", SHOP) == names | {("TCP", 6432)}


def test_a_port_that_is_none_is_a_clear_error() -> None:
    with pytest.raises(ForeseenError, match=r"^db:99999: its port is not from 1 to 65535$"):
        objects(Settings(kubernetes=Kubernetes(database="db:99999")))


def test_pods_keep_to_the_restricted_standard() -> None:
    for content in workloads(Settings()).values():
        pod, only = pod_of(content), container(content)
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["automountServiceAccountToken"]
        assert pod["enableServiceLinks"] is False
        assert only["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(only["resources"]) == {"requests", "limits"}
        names = {volume["name"] for volume in pod["volumes"]}
        assert names == {mount["name"] for mount in only["volumeMounts"]}
        assert all("sizeLimit" in volume["emptyDir"] for volume in pod["volumes"] if "emptyDir" in volume)


def test_a_pod_has_time_to_end_what_it_began() -> None:
    _, options = parsed(serving(Settings())["args"])
    grace = pod_of(objects(Settings())["deployment"])["terminationGracePeriodSeconds"]
    assert grace >= options["notice_seconds"] + options["drain_seconds"] + 10
    longest = ServiceSettings.model_construct(fiuu_timeout_seconds=5).gateway_limit
    assert options["drain_seconds"] >= longest.total_seconds()
    readiness = serving(Settings())["readinessProbe"]
    assert options["notice_seconds"] >= readiness["periodSeconds"] * readiness["failureThreshold"]


def test_the_autoscaler_alone_says_how_many_pods_there_are() -> None:
    found = objects(SHOP)
    assert "replicas" not in found["deployment"]["spec"]
    scaling = found["horizontalpodautoscaler"]["spec"]
    assert scaling["scaleTargetRef"]["name"] == found["deployment"]["metadata"]["name"]
    assert (scaling["minReplicas"], scaling["maxReplicas"]) == (2, 8)
    (metric,) = scaling["metrics"]
    assert metric["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    assert found["poddisruptionbudget"]["spec"]["maxUnavailable"] == 1
    assert found["deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_fewer_at_most_than_at_least_is_refused() -> None:
    with pytest.raises(ValueError, match="is less than replicas"):
        Kubernetes(replicas=3, most_replicas=2)


@pytest.mark.parametrize(
    ("objective", "minutes"), [(1, 1), (3, 1), (15, 5), (16, 5), (20, 6), (60, 20), (180, 60), (60 * 24, 60)]
)
def test_three_backups_fit_into_the_recovery_point_objective(objective: int, minutes: int) -> None:
    settings = Settings(recovery=Recovery(point_objective=timedelta(minutes=objective)))
    period = backup_period(settings)
    assert period == timedelta(minutes=minutes)
    assert timedelta(hours=1) % period == timedelta(0)
    if objective >= BACKUPS_WITHIN_OBJECTIVE:
        assert period * BACKUPS_WITHIN_OBJECTIVE <= settings.recovery.point_objective
    schedule = objects(settings)["cronjob-backup"]["spec"]["schedule"]
    assert schedule == ("0 * * * *" if minutes == 60 else f"*/{minutes} * * * *")


def test_jobs_run_one_at_a_time_and_end() -> None:
    limits = {
        "cronjob-maintenance": MaintenancePlan().time_limit,
        "cronjob-backup": BackupPlan().time_limit,
        "cronjob-verification": VerificationPlan().time_limit,
    }
    for name, limit in limits.items():
        job = objects(Settings())[name]["spec"]
        assert job["concurrencyPolicy"] == "Forbid"
        assert job["timeZone"] == "Etc/UTC"
        assert job["startingDeadlineSeconds"] >= 60
        assert job["successfulJobsHistoryLimit"] + job["failedJobsHistoryLimit"] > 0
        # The command ends by itself, and says why.
        assert job["jobTemplate"]["spec"]["activeDeadlineSeconds"] > limit.total_seconds()
        assert pod_of(objects(Settings())[name])["restartPolicy"] == "Never"


def test_backups_are_verified_as_often_as_the_alert_expects() -> None:
    minute, hour, *days = objects(Settings())["cronjob-verification"]["spec"]["schedule"].split()
    assert minute.isdigit()
    assert hour.isdigit()
    assert days == ["*", "*", "*"]
    assert timedelta(days=1) <= VERIFICATION_INTERVAL


def test_backups_are_where_they_are_verified() -> None:
    found = objects(Settings())
    claim = found["backups-persistentvolumeclaim"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    for name in ("cronjob-backup", "cronjob-verification"):
        (volume,) = [it for it in pod_of(found[name])["volumes"] if "persistentVolumeClaim" in it]
        assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
        (mount,) = [it for it in container(found[name])["volumeMounts"] if it["name"] == volume["name"]]
        assert mount["mountPath"] == Settings().backups.directory
        # Else the account may not write to it.
        assert pod_of(found[name])["securityContext"]["fsGroup"] == pod_of(found[name])["securityContext"]["runAsUser"]


def test_each_version_has_a_migration_of_its_own() -> None:
    job = objects(Settings())["migration"]
    version = serving(Settings())["image"].rpartition(":")[2]
    assert job["metadata"]["name"] == f"payment-service-migration-{version.replace('.', '-')}"
    assert container(job)["image"] == serving(Settings())["image"]


def test_it_is_generated_where_the_services_own_libraries_are_missing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[>=<;~! ]", it)[0].replace("-", "_") for it in requirements}

    missing = names(project["optional-dependencies"]["service"]) - names(project["dependencies"])
    assert {"fastapi", "pydantic_settings", "prometheus_client"} <= missing
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({sorted(missing)}))\n"
        "from payment_catalog.catalog import build_catalog\n"
        "from payment_catalog.settings import Settings\n"
        "from payment_service.kubernetes import kubernetes\n"
        "print(len(kubernetes(build_catalog(Settings()))))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (result.stdout, result.stderr) == ("13\n", "")
