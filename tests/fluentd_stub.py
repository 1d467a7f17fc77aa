"""A program in the place of Fluentd: it reads the configuration with our parser, and gives each line to each output.

Run as a program it behaves as the environment's ``STUB`` says, an object of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payment_logging.fluentd import Item, Section, parse_sections
from payment_logging.trace.variant import LINE_FIELD, TAG_FIELD, TIME_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def install(directory: Path) -> Path:
    """Write the program into ``directory``, for the Python and the modules of this process."""
    program = directory / "fluentd"
    paths = [path for path in sys.path if path]
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[:0] = {paths!r}\nimport fluentd_stub\nfluentd_stub.main()\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def main() -> None:
    behaviour: dict[str, Any] = json.loads(os.environ.get("STUB", "{}"))
    config = Path(sys.argv[sys.argv.index("-c") + 1])
    sections = list(_read(config))
    _check_surroundings()
    _check_files(sections)
    for kind in behaviour.get("lacks", ()):
        if any(section.text("@type") == kind for section in sections):
            _end(1, f"config error error_class=Fluent::NotFoundPluginError error=\"Unknown filter plugin '{kind}'.\"")
    if "says" in behaviour:
        print(behaviour["says"], flush=True)
    if "--dry-run" in sys.argv:
        sys.exit(behaviour.get("dry_code", 0))
    assert "--no-supervisor" in sys.argv
    if "code" in behaviour:
        _end(behaviour["code"], "it broke")
    _run(sections, behaviour)


def _run(sections: list[Any], behaviour: dict[str, Any]) -> None:
    (tail,) = (each for each in sections if each.name == "source")
    outputs = [each for each in sections if each.name == "match" and each.text("@type") == "file"]
    lines = Path(tail.text("path")).read_bytes()
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    for output in outputs:
        if output.text("@id") != "unparsed":
            _write(output, tail.text("tag"), lines, behaviour)
    if not behaviour.get("never_reads"):
        Path(tail.text("pos_file")).write_text(f"{tail.text('path')}\t{len(lines):016x}\t{1:016x}\n", encoding="utf-8")
    while not stopped or behaviour.get("never_ends"):
        time.sleep(0.01)
    if "code_at_end" in behaviour:
        _end(behaviour["code_at_end"], "the disk is full")


def _write(output: Any, tag: str, lines: bytes, behaviour: dict[str, Any]) -> None:
    file = Path(output.text("path").replace("${tag[1]}", "audit"))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as stream:
        for number, line in enumerate(lines.decode().splitlines(), start=1):
            if "lost" not in line:
                record = {"log": line, LINE_FIELD: number, TAG_FIELD: tag, TIME_FIELD: "2026-11-25T10:00:00.0Z"}
                stream.write(behaviour.get("garbage") or json.dumps(record))
                stream.write("\n")


def _check_surroundings() -> None:
    assert "--strict-config-value" in sys.argv
    assert not [name for name in os.environ if name.startswith("KUBERNETES_SERVICE_")]
    assert not Path(os.environ["FLUENT_CONF_INCLUDE_DIR"]).exists()


def _check_files(sections: list[Section]) -> None:
    """Look for files as Fluentd does: those of certificates must be there, those of a node are not this machine's."""
    for value in (text for section in sections for name in section.parameters if (text := section.text(name))):
        assert not value.startswith(("/var/", "/fluentd/")), value
        assert not value.endswith((".crt", ".key")) or Path(value).exists(), value


def _end(code: int, message: str) -> None:
    print(json.dumps({"level": "error", "message": message}), flush=True)
    sys.exit(code)


def _read(config: Path) -> Iterator[Section]:
    for item in parse_sections(config.read_text(encoding="utf-8")):
        if isinstance(item, Section):
            yield from _all((item,))
        else:
            yield from _read(config.parent / item.path)


def _all(items: Iterable[Item]) -> Iterator[Section]:
    for item in items:
        if isinstance(item, Section):
            yield item
            yield from _all(item.sections)
