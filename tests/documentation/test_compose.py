"""The compose file: what can be known of it without Docker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml
from command_line import payobs
from documentation.typed import KNOWN
from fences import ROOT
from sockets import free_port
from waiting import wait_until

from payment_bundle.reference.environment import environment
from payment_catalog.loading import load_settings
from payment_exporter.flags import parser
from payment_logging.fluentd.linting import fluentd_findings
from payment_logging.trace.lines import LineFormat, recognised
from payment_service.security.authentication import read_api_keys

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "docs/examples/compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
each_service = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compose") / "generated"
    result = payobs("generate", "--config", str(FOLDER / "bundle.yaml"), "--out", str(out))
    assert result.code == 0, result.out + result.err
    return out


@each_service
def test_a_container_is_bounded_and_says_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["healthcheck"]["test"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


@each_service
def test_an_image_has_a_version_or_is_built_here(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.fullmatch(r"[a-z0-9./-]+:v?\d+\.\d+[\w.-]*", image) or (
        image.endswith(":local") and "build" in SERVICES[name]
    )


@each_service
def test_it_waits_for_what_is_there(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert "healthcheck" in SERVICES[other]
        assert how == {"condition": "service_healthy"}


@each_service
def test_what_is_mounted_is_there_or_generated(name: str, generated: Path) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source, _, rest = volume.partition(":")
        if source.startswith("./generated/"):
            assert (generated / source.removeprefix("./generated/")).is_dir()
        elif source.startswith("."):
            assert (FOLDER / source).is_file()
        else:
            assert source in COMPOSE["volumes"]
        assert rest.endswith(":ro") or not source.startswith(".")


@each_service
def test_secrets_are_files_that_are_there(name: str) -> None:
    for secret in SERVICES[name].get("secrets", ()):
        assert (FOLDER / COMPOSE["secrets"][secret]["file"]).is_file()
    known = {f"/run/secrets/{secret}" for secret in SERVICES[name].get("secrets", ())}
    files = {value for value in SERVICES[name].get("environment", {}).values() if value.startswith("/run/secrets/")}
    assert files <= known


def test_settings_and_containers_have_the_same_names() -> None:
    settings = load_settings(FOLDER / "bundle.yaml")
    (place,) = settings.environments.values()
    targets = (*place.service, *place.exporter, *place.fluentd, *settings.scraping.alertmanagers)
    urls = (
        *settings.logs.elasticsearch,
        *(point.url for point in settings.contact_points.values() if hasattr(point, "url")),
    )
    named = {target.partition(":")[0] for target in targets} | {urlsplit(url).hostname for url in urls}
    named |= {urlsplit(url).hostname for url in (settings.urls.prometheus, settings.urls.alertmanager)}
    assert named <= SERVICES.keys()


@pytest.mark.parametrize("name", ["payment-service", "gateway", "payment-exporter"])
def test_our_programs_know_their_variables(name: str) -> None:
    variables = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", environment()))
    assert SERVICES[name]["environment"].keys() <= variables


def test_our_programs_know_their_flags() -> None:
    parser().parse_args(SERVICES["payment-exporter"]["command"])
    gateway = ["payment-service", *SERVICES["gateway"]["command"]]
    shell = SERVICES["payment-service"]["command"][-1]
    for command, flags in (
        (" ".join(gateway[:2]), [flag.partition("=")[0] for flag in gateway[2:]]),
        ("payment-service serve", re.findall(r"--[a-z-]+", shell)),
    ):
        assert set(flags) <= KNOWN[command]
        assert flags


def test_the_key_that_the_page_names_is_let_in() -> None:
    callers = read_api_keys(FOLDER / "secrets/api-keys")
    (key,) = re.findall(r"the key is `([^`]+)`", (ROOT / "docs/examples.md").read_text())
    assert callers.caller(f"Bearer {key}")


def test_fluentd_reads_its_configuration(generated: Path) -> None:
    parts = {
        f"fluentd/generated/{file.name}": file.read_text()
        for file in (generated / "fluentd").glob("*.conf")
        if file.name != "fluent.conf"
    }
    own = (FOLDER / "fluent.conf").read_text()
    included = {f"fluentd/{name}" for name in re.findall(r"^@include (\S+)", own, re.MULTILINE)}
    assert included < parts.keys()
    left_out = {name.rpartition("/")[2] for name in parts.keys() - included}
    assert left_out == {"60-kubernetes.conf", "75-store.conf", "85-archive.conf"}
    files = {"fluentd/fluent.conf": own, **{name: parts[name] for name in included}}
    assert [str(finding) for finding in fluentd_findings(files)] == []


def test_the_generated_configurations_are_sound(generated: Path) -> None:
    for command in (
        ("promtool", "check", "config", str(generated / "prometheus/prometheus.yml")),
        ("amtool", "check-config", str(generated / "alertmanager/alertmanager.yml")),
    ):
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_images_that_are_built_here_are_those_of_the_repository() -> None:
    built = {service["image"]: service["build"] for service in SERVICES.values() if "build" in service}
    assert len(built) == 3
    for build in built.values():
        assert (FOLDER / build["context"]).resolve() == ROOT
        assert (ROOT / build["dockerfile"]).is_file()


def test_lines_are_written_as_a_container_runtime_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "payment-service.log"
    said = '{"event": "payment succeeded"}\n{"event": "payment failed"}\n'
    result = subprocess.run(
        [sys.executable, str(FOLDER / "runtime_lines.py"), str(file)],
        input=said,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert result.stdout == said
    lines = file.read_bytes().splitlines()
    assert recognised(lines) is LineFormat.CRI
    assert [line.split(b" ", 3)[3].decode() for line in lines] == said.splitlines()


def test_the_receiver_prints_what_alertmanager_sends(tmp_path: Path) -> None:
    port, output = free_port(), tmp_path / "output"
    with output.open("w") as stream:
        process = subprocess.Popen([sys.executable, str(FOLDER / "receiver.py"), str(port)], stdout=stream)
    try:
        alert = {"status": "firing", "labels": {"alertname": "ErrorRateHigh", "priority": "P2"}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/team", json.dumps({"alerts": [alert]}).encode(), method="POST"
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def answered() -> bool:
            try:
                return bool(opener.open(request, timeout=5).status == 200)
            except OSError:
                return False

        wait_until("the receiver answers", answered)
        assert output.read_text() == "/team firing P2 ErrorRateHigh\n"
    finally:
        process.terminate()
        process.wait(10)
