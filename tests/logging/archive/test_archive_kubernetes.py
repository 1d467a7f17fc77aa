"""The cron job of the archive: valid, bound to its volume, without a secret, with no right too many."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from typer.main import get_command

import payment_logging
from payment_alerts.groups import alert_groups
from payment_bundle.cli import app
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.loading import load_settings
from payment_catalog.log_archive import OVERDUE, PERIOD
from payment_catalog.settings import Settings
from payment_catalog.settings.storage import Logs

SHOP = Settings(service="shop", exporter="shop-exporter", namespace="trade", logs=Logs(s3_bucket="shop-logs"))


def objects(settings: Settings) -> dict[str, dict[str, Any]]:
    """Each object by its file's name."""
    found = {}
    for path, document in payment_logging.generate(build_catalog(settings)).items():
        if path.startswith("kubernetes/base/log-archive"):
            assert isinstance(document, YamlDocument)
            found[Path(path).stem] = yaml.safe_load(yaml.safe_dump(document.content))
    return found


def job(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = objects(settings)["log-archive"]["spec"]
    return found


def pod(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = job(settings)["jobTemplate"]["spec"]["template"]["spec"]
    return found


def container(settings: Settings) -> dict[str, Any]:
    (only,) = pod(settings)["containers"]
    found: dict[str, Any] = only
    return found


def argument(name: str) -> str:
    (value,) = [it.partition("=")[2] for it in container(SHOP)["args"] if it.startswith(f"--{name}=")]
    return str(value)


@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("settings", [Settings(), SHOP], ids=["defaults", "shop"])
def test_every_object_is_valid(settings: Settings, version: str) -> None:
    found = objects(settings)
    kinds = {"CronJob", "ConfigMap", "ServiceAccount", "NetworkPolicy", "PersistentVolumeClaim"}
    assert {it["kind"] for it in found.values()} == kinds
    assert len(found) == len(kinds)
    for content in found.values():
        kubernetes_validate.validate(content, version, strict=True)
        assert content["metadata"]["namespace"] == settings.namespace


def test_one_run_at_a_time_and_none_without_an_end() -> None:
    assert job(SHOP)["concurrencyPolicy"] == "Forbid"
    assert job(SHOP)["startingDeadlineSeconds"] > 0
    assert 0 < job(SHOP)["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 24 * 3600
    assert pod(SHOP)["restartPolicy"] == "Never"
    assert set(container(SHOP)["resources"]) == {"requests", "limits"}


def test_the_command_has_the_options_that_it_is_given() -> None:
    command = get_command(app).commands[container(SHOP)["args"][0]]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {it.partition("=")[0] for it in container(SHOP)["args"][1:]} <= known


def test_it_reads_the_settings_that_it_needs_and_no_more(tmp_path: Path) -> None:
    data = objects(SHOP)["log-archive-configmap"]["data"]
    file = Path(argument("config"))
    mounts = {mount["name"]: mount["mountPath"] for mount in container(SHOP)["volumeMounts"]}
    assert str(file.parent) == mounts["settings"]
    read = tmp_path / file.name
    read.write_text(data[file.name])
    settings = load_settings(read)
    assert (settings.logs.s3_bucket, settings.logs.s3_prefix) == ("shop-logs", "payment-service-logs/")
    assert settings.retention == SHOP.retention
    assert "contact_points" not in data[file.name]


def test_logs_are_the_only_thing_that_it_may_write_to() -> None:
    mounts = {mount["name"]: mount for mount in container(SHOP)["volumeMounts"]}
    assert [name for name, mount in mounts.items() if not mount.get("readOnly")] == ["logs"]
    assert mounts["logs"]["mountPath"] == argument("directory") == "/var/log/shop"
    assert set(mounts) == {volume["name"] for volume in pod(SHOP)["volumes"]}
    assert argument("report").startswith(f"{argument('directory')}/")


def test_credentials_are_a_file_or_come_with_the_account() -> None:
    (variable,) = container(SHOP)["env"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container(SHOP)["volumeMounts"]}
    assert variable == {"name": "AWS_SHARED_CREDENTIALS_FILE", "value": f"{mounts['credentials']}/credentials"}
    (secret,) = [volume["secret"] for volume in pod(SHOP)["volumes"] if "secret" in volume]
    assert secret["optional"]
    assert pod(SHOP)["serviceAccountName"] == objects(SHOP)["log-archive-serviceaccount"]["metadata"]["name"]


def test_it_keeps_to_the_restricted_pod_security_standard() -> None:
    context = pod(SHOP)["securityContext"]
    assert context["runAsNonRoot"]
    assert context["runAsUser"] > 0
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod(SHOP)["automountServiceAccountToken"]
    inner = container(SHOP)["securityContext"]
    assert inner["readOnlyRootFilesystem"]
    assert not inner["allowPrivilegeEscalation"]
    assert inner["capabilities"] == {"drop": ["ALL"]}
    allowed = {"configMap", "secret", "persistentVolumeClaim"}
    assert all(set(volume) - {"name"} <= allowed for volume in pod(SHOP)["volumes"])


def test_nobody_comes_in_and_out_go_names_and_https() -> None:
    specification = objects(SHOP)["log-archive-networkpolicy"]["spec"]
    assert (
        specification["podSelector"]["matchLabels"]
        == job(SHOP)["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    )
    assert specification["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in specification
    allowed = {(port["protocol"], port["port"]) for rule in specification["egress"] for port in rule["ports"]}
    assert allowed == {("UDP", 53), ("TCP", 53), ("TCP", 443)}


def test_it_is_done_every_night_and_called_overdue_only_after_two() -> None:
    minute, hour, *every = job(SHOP)["schedule"].split()
    assert (minute.isdigit(), hour.isdigit(), every) == (True, True, ["*", "*", "*"])
    assert timedelta(days=1) == PERIOD
    late = timedelta(seconds=job(SHOP)["startingDeadlineSeconds"])
    long = timedelta(seconds=job(SHOP)["jobTemplate"]["spec"]["activeDeadlineSeconds"])
    assert PERIOD + late + long < OVERDUE == 2 * PERIOD + late + long


def test_alerts_know_the_job_by_its_name() -> None:
    name = objects(SHOP)["log-archive"]["metadata"]["name"]
    (alert,) = (
        it for group in alert_groups(build_catalog(SHOP)) for it in group.alerts if it.name == "LogArchiveJobOverdue"
    )
    assert f'cronjob="{name}"' in alert.expr
    assert 'namespace="trade"' in alert.expr


def test_the_image_is_a_fixed_version() -> None:
    assert re.fullmatch(r"your-registry/payment-observability:v[0-9]+\.[0-9]+\.[0-9]+", container(SHOP)["image"])
