"""The images: what can be known of them without building one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from dockerfile import ROOT, Dockerfile

from payment_catalog.kubernetes_objects import ACCOUNT, SERVICE_PORT
from payment_catalog.settings import Settings
from payment_logging.cluster.pod import container

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Image:
    """An image, its lock file, the program that it starts, and the packages that it holds."""

    dockerfile: Dockerfile
    lock: str
    program: str
    packages: frozenset[str]


EXPORTER = Image(
    Dockerfile("exporter/Dockerfile"),
    "requirements/exporter.txt",
    "/opt/payment-exporter/bin/payment-exporter",
    frozenset({"payment_catalog", "payment_exporter"}),
)
ARCHIVE = Image(
    Dockerfile("logging/Dockerfile"),
    "requirements/archive.txt",
    "/opt/payment-observability/bin/payobs",
    frozenset(
        {
            "payment_catalog",
            "payment_service",
            "payment_exporter",
            "payment_alerts",
            "payment_dashboards",
            "payment_logging",
            "payment_bundle",
        }
    ),
)

SERVICE = Image(
    Dockerfile("service/Dockerfile"),
    "requirements/service.txt",
    "/opt/payment-service/bin/payment-service",
    frozenset({"payment_catalog", "payment_service"}),
)

FLUENTD = Dockerfile("logging/fluentd.Dockerfile")
GEMS = "logging/fluentd.Gemfile"

EVERY_ROOM = ARCHIVE.packages


@pytest.fixture(params=[EXPORTER, ARCHIVE, SERVICE], ids=["exporter", "archive", "service"])
def image(request: pytest.FixtureRequest) -> Image:
    found: Image = request.param
    return found


def test_what_is_copied_is_there_and_reaches_the_builder(image: Image) -> None:
    assert {"catalog", image.lock} <= set(image.dockerfile.copied())
    for source in image.dockerfile.copied():
        assert (ROOT / source).exists(), source
        assert not image.dockerfile.ignored(source), source


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        ".env",
        "bundle.yaml",
        "payments.db",
        "requirements/dev.txt",
        "tests/test_images.py",
        "exporter/payment_exporter/__pycache__/cli.cpython-311.pyc",
    ],
)
def test_nothing_else_reaches_the_builder(image: Image, path: str) -> None:
    assert image.dockerfile.ignored(path)


def test_stages_are_made_before_they_are_used_and_bases_are_versions(image: Image) -> None:
    arguments = image.dockerfile.named("ARG")
    (python,) = [it.text.removeprefix("PYTHON=") for it in arguments if it.text.startswith("PYTHON=")]
    assert re.match(r"3\.[0-9]+-slim-[a-z]+$", python)
    made: list[str] = []
    for it in image.dockerfile.instructions():
        if it.name == "FROM":
            base = it.words[0]
            assert base in made or base == "python:${PYTHON}"
            made.append(it.stage)
        for source in re.findall(r"--from=(\S+)", it.text):
            assert source in made[:-1]
    assert len(set(made)) == len(made) == 4


def test_only_what_the_lock_files_name_is_installed(image: Image) -> None:
    commands = [
        part
        for it in image.dockerfile.named("RUN")
        for part in re.split(r"&&|;", it.text)
        if re.search(r"\bpip\b.* install\b", part)
    ]
    assert len(commands) == 3
    for command in commands:
        assert "--require-hashes" in command or ("--no-index" in command and "--no-deps" in command), command
    assert sum(image.lock in command for command in commands) == 1


def test_the_image_runs_as_nobody_in_particular(image: Image) -> None:
    assert image.dockerfile.final("USER").text == f"{ACCOUNT}:{ACCOUNT}"
    assert ACCOUNT > 0


def test_the_image_starts_its_program_without_a_shell(image: Image) -> None:
    program, *_ = json.loads(image.dockerfile.final("ENTRYPOINT").text)
    assert program == image.program
    assert not [it for it in image.dockerfile.instructions() if it.name in {"CMD", "SHELL"}]


def test_the_image_writes_no_bytecode(image: Image) -> None:
    assert "PYTHONDONTWRITEBYTECODE=1" in image.dockerfile.final("ENV").words


def test_the_image_says_what_it_is(image: Image) -> None:
    labels = dict(word.split("=", 1) for word in image.dockerfile.final("LABEL").words)
    assert {f"org.opencontainers.image.{name}" for name in ("title", "licenses", "version", "revision")} <= set(labels)


def test_the_wheel_is_made_of_what_is_copied_and_starts(image: Image, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for source in image.dockerfile.copied("wheel"):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, context / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, context / source)
    (command,) = [it.words for it in image.dockerfile.named("RUN") if it.stage == "wheel"]
    assert command[:2] == ["pip", "wheel"]
    arguments = [str(tmp_path) if word == "/wheels" else word for word in command[1:]]
    subprocess.run([sys.executable, "-m", "pip", *arguments], cwd=context, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    packages = {name.split("/")[0] for name in names}
    assert {name for name in packages if not name.endswith(".dist-info")} == image.packages
    module = {EXPORTER: "payment_exporter.cli", ARCHIVE: "payment_bundle.cli", SERVICE: "payment_service.cli"}[image]
    program = (
        "import sys\n"
        f"sys.path.insert(0, {str(tmp_path / 'installed')!r})\n"
        # What is not in the image is not found beside it either.
        f"sys.modules.update(dict.fromkeys({sorted(EVERY_ROOM - image.packages)}))\n"
        f"import {module}\n"
        f"print({module}.__file__)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.startswith(str(tmp_path)), result.stderr


def test_the_service_finds_what_its_jobs_and_the_runbook_call() -> None:
    (installed,) = [it.text for it in SERVICE.dockerfile.named("RUN") if it.stage == "service"]
    for package in (
        "postgresql-client-${POSTGRESQL}",
        "curl",
        "netcat-openbsd",
        "redis-tools",
        "procps",
        "iputils-ping",
    ):
        assert package in installed
    assert SERVICE.dockerfile.final("EXPOSE").text == str(SERVICE_PORT)


def test_fluentd_has_the_plugins_that_the_linter_knows_and_the_configurations_need() -> None:
    gems = dict(re.findall(r'^gem "([^"]+)", "(\d[^"]*)"$', (ROOT / GEMS).read_text(), re.MULTILINE))
    known: dict[str, str] = {}
    for table in (ROOT / "logging/payment_logging/fluentd/plugins").glob("*.toml"):
        known |= re.findall(r"(fluent\S*) v?([0-9.]+[0-9])", table.read_text().partition("\n")[0])
    assert gems.items() <= known.items()
    # Those that users' own configurations have.
    assert known.keys() - gems.keys() == {"fluent-plugin-detect-exceptions", "fluent-plugin-parser-cri"}


def test_fluentd_runs_as_nobody_in_particular_and_is_built_from_its_gems_alone() -> None:
    assert FLUENTD.final("USER").text == f"{ACCOUNT}:{ACCOUNT}"
    assert FLUENTD.copied() == [GEMS]
    assert not FLUENTD.ignored(GEMS)
    assert FLUENTD.ignored("logging/payment_logging/variants.py")
    (base,) = {it.text for it in FLUENTD.named("ARG") if it.text.startswith("RUBY=")}
    assert re.fullmatch(r"RUBY=3\.[0-9]+-slim-[a-z]+", base)
    program, *_ = json.loads(FLUENTD.final("ENTRYPOINT").text)
    (command, *flags), default = pod_command(), json.loads(FLUENTD.final("CMD").text)
    assert (program.rpartition("/")[2], default) == (command, flags)


def pod_command() -> list[str]:
    """How Kubernetes starts Fluentd."""
    found: list[str] = container(Settings(), [], [], [])["command"]
    return found
