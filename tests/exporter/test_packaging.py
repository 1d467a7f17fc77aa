"""The systemd unit and the image: what can be known of them without starting either."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from payment_exporter.flags import parser
from payment_exporter.kubernetes.names import ACCOUNT, PORT

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "exporter" / "payment-exporter.service"
DOCKERFILE = ROOT / "exporter" / "Dockerfile"
PROGRAM = "/opt/payment-exporter/bin/payment-exporter"


def verify(unit: str, directory: Path) -> tuple[int, list[str]]:
    """Let systemd read the unit, with a program that is there; return its exit code and what it says of the unit."""
    file = directory / UNIT.name
    file.write_text(unit.replace(PROGRAM, sys.executable))
    result = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    return result.returncode, [line for line in result.stderr.splitlines() if UNIT.name in line]


def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    assert verify(UNIT.read_text(), tmp_path) == (0, [])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("ProtectClock=true", "ProtectClok=true"),
        ("Type=exec", "Type=wrong"),
        ("@system-service", "@system-servise"),
        ("ExecReload=/bin/kill", "ExecReload=/bin/no-such-program"),
    ],
)
def test_systemd_would_say_what_it_does_not_understand(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in UNIT.read_text()
    assert verify(UNIT.read_text().replace(right, wrong), tmp_path)[1]


def test_the_unit_leaves_little_to_attack() -> None:
    """The bound is 1.5 of 10 points; Debian's own unit of Prometheus has 4.0."""
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "Overall exposure level" in result.stdout


def unit_values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_file_systems_and_proc_stay_to_be_measured() -> None:
    assert unit_values("ProtectHome") == ["read-only"]
    assert unit_values("ProcSubset") == ["all"]
    assert not unit_values("InaccessiblePaths")


def test_the_unit_ends_reloads_and_comes_back() -> None:
    assert unit_values("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert unit_values("Restart") == ["on-failure"]
    assert unit_values("ExecStart") == [f"{PROGRAM} $ARGS"]


@dataclass(frozen=True)
class Instruction:
    """One instruction of the Dockerfile; ``stage`` is the one that it stands in."""

    stage: str
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


def instructions() -> list[Instruction]:
    lines = [line for line in DOCKERFILE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    found: list[Instruction] = []
    stage = ""
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        name, text = line.split(maxsplit=1)
        if name == "FROM":
            stage = text.rpartition(" AS ")[2]
        found.append(Instruction(stage, name, text))
    return found


def named(name: str) -> list[Instruction]:
    return [it for it in instructions() if it.name == name]


def final(name: str) -> Instruction:
    """The only instruction of that name in the stage that becomes the image."""
    (only,) = [it for it in named(name) if it.stage == instructions()[-1].stage]
    return only


def copied(stage: str | None = None) -> list[str]:
    """Paths of the repository that are copied into the image or a stage of it."""
    return [
        source
        for it in named("COPY")
        if "--from=" not in it.text and stage in (None, it.stage)
        for source in it.words[:-1]
    ]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps ``path`` from the builder: the last line that matches it or a parent decides."""
    outcome = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        parts = [PurePosixPath(path), *PurePosixPath(path).parents]
        subjects = [part.name for part in parts] if "**/" in line else [str(part) for part in parts if str(part) != "."]
        if any(fnmatch.fnmatch(subject, pattern) for subject in subjects):
            outcome = not line.startswith("!")
    return outcome


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    assert {"catalog", "exporter", "requirements/exporter.txt"} <= set(copied())
    for source in copied():
        assert (ROOT / source).exists(), source
        assert not ignored(source), source


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        ".env",
        "bundle.yaml",
        "payments.db",
        "requirements/dev.txt",
        "service/payment_service/cli.py",
        "exporter/payment_exporter/__pycache__/cli.cpython-311.pyc",
    ],
)
def test_nothing_else_reaches_the_builder(path: str) -> None:
    assert ignored(path)


def test_stages_are_made_before_they_are_used_and_bases_are_versions() -> None:
    (python,) = [it.text.removeprefix("PYTHON=") for it in named("ARG") if it.text.startswith("PYTHON=")]
    assert re.match(r"3\.[0-9]+-slim-[a-z]+$", python)
    made: list[str] = []
    for it in instructions():
        if it.name == "FROM":
            base = it.words[0]
            assert base in made or base == "python:${PYTHON}"
            made.append(it.stage)
        for source in re.findall(r"--from=(\S+)", it.text):
            assert source in made[:-1]
    assert len(set(made)) == len(made) == 4


def test_only_what_the_lock_files_name_is_installed() -> None:
    commands = [
        part for it in named("RUN") for part in re.split(r"&&|;", it.text) if re.search(r"\bpip\b.* install\b", part)
    ]
    assert len(commands) == 3
    for command in commands:
        assert "--require-hashes" in command or ("--no-index" in command and "--no-deps" in command), command


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert final("USER").text == f"{ACCOUNT}:{ACCOUNT}"
    assert ACCOUNT > 0


def test_the_image_starts_the_exporter_without_a_shell() -> None:
    program, *flags = json.loads(final("ENTRYPOINT").text)
    assert program == PROGRAM
    assert parser().parse_args(flags).listen_address == ("0.0.0.0", PORT)
    assert final("EXPOSE").text == str(PORT)
    assert not [it for it in instructions() if it.name in {"CMD", "SHELL"}]


def test_the_image_writes_no_bytecode() -> None:
    assert "PYTHONDONTWRITEBYTECODE=1" in final("ENV").words


def test_the_image_says_what_it_is() -> None:
    labels = dict(word.split("=", 1) for word in final("LABEL").words)
    assert {f"org.opencontainers.image.{name}" for name in ("title", "licenses", "version", "revision")} <= set(labels)


def test_the_wheel_is_made_of_what_is_copied(tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for source in copied("wheel"):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, context / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, context / source)
    (command,) = [it.words for it in named("RUN") if it.stage == "wheel"]
    assert command[:2] == ["pip", "wheel"]
    arguments = [str(tmp_path) if word == "/wheels" else word for word in command[1:]]
    subprocess.run([sys.executable, "-m", "pip", *arguments], cwd=context, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    packages = {name.split("/")[0] for name in names}
    assert {name for name in packages if not name.endswith(".dist-info")} == {"payment_catalog", "payment_exporter"}
    assert "payment_exporter/cli.py" in names
