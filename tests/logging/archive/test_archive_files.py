"""What is taken from the directory, under which key it goes, and what is left alone."""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import tracemalloc
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

import pytest
from archive_desk import DAY, OLD, noise
from hypothesis import given, settings
from hypothesis import strategies as st

from payment_logging.archive import run
from payment_logging.archive.compression import pack
from payment_logging.archive.content import PART_SIZE, Content, content_of, size_of_parts
from payment_logging.archive.directory import LogDirectory, log_directory
from payment_logging.archive.log_file import PATTERNS, FileError, LogFile, Selection, select
from payment_logging.archive.naming import object_key
from payment_logging.archive.progress import Lines
from payment_logging.archive.run import Archive, End
from payment_logging.archive.store import There
from payment_logging.archive.writers import has_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive_desk import Desk

NOW = datetime(2026, 11, 25, tzinfo=UTC)
#: File names as Linux allows them: any bytes but two.
NAMES = st.binary(min_size=1, max_size=60).map(lambda name: os.fsdecode(name.replace(b"\0", b" ").replace(b"/", b"-")))
ODD_NAMES = [
    "-rf.log",
    "two words.log",
    "naïve 日本.log",
    "100%.log",
    "a%20b.log",
    "line\nbreak.log",
    "..log",
    "bad\udcff.log",
]


def log_file(name: str, age: timedelta = timedelta(days=40), size: int = 1) -> LogFile:
    return LogFile(PurePosixPath(name), size, int((NOW - age).timestamp() * 1e9), 1, 1)


class Shelf:
    """A store in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def check(self) -> None:
        pass

    def there(self, key: str, content: Content) -> There:
        if key not in self.objects:
            return There.NOTHING
        same = hashlib.sha256(self.objects[key]).hexdigest() == content.sha256
        return There.SAME if same else There.OTHER

    def put(self, key: str, stream: BinaryIO, content: Content, sent: Callable[[int], None]) -> None:
        del content
        stream.seek(0)
        self.objects[key] = stream.read()
        sent(len(self.objects[key]))

    def address(self, key: str) -> str:
        return f"shelf:{key}"


def everything(logs: LogDirectory) -> Selection:
    return select(logs.found(pytest.fail), ("*",), timedelta(days=30), NOW)


@given(st.lists(NAMES, unique=True))
def test_keys_are_distinct_text_below_the_day(names: list[str]) -> None:
    keys = [object_key("logs/", log_file(f"{name}.log")) for name in names]
    assert len(set(keys)) == len(names)
    for key in keys:
        assert key.startswith("logs/2026/10/16/")
        assert key.endswith(".log.gz")
        key.encode()
        assert not set(map(ord, key)) & {*range(32), *range(127, 160), 0xFFFE, 0xFFFF}


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=5))
def test_files_of_any_name_arrive_whole_and_are_gone(contents: dict[str, bytes]) -> None:
    files = {f"{name}.log": content for name, content in contents.items()}
    shelf, lines = Shelf(), list[str]()
    with tempfile.TemporaryDirectory() as directory, log_directory(Path(directory)) as logs:
        for name, content in files.items():
            file = Path(directory, name)
            file.write_bytes(content)
            os.utime(file, (OLD.timestamp(), OLD.timestamp()))
        summary = Archive(logs, shelf, "", keep=False, progress=Lines(lines.append)).run(everything(logs))
        assert (summary.end, summary.archived) == (End.DONE, len(files)), lines
        assert not list(Path(directory).iterdir())
    stored = sorted(gzip.decompress(content) for content in shelf.objects.values())
    assert stored == sorted(files.values())
    assert all(len(line.split("\n")) == 1 for line in lines)


def test_odd_names_reach_a_real_server(desk: Desk) -> None:
    contents = {name: name.encode("utf-8", "surrogateescape") for name in ODD_NAMES}
    for name, content in contents.items():
        desk.log(name, content)
    result = desk.archive("--pattern", "*")
    assert result.code == 0, result.out
    assert desk.archived() == {
        **{f"{name}.gz": contents[name] for name in ("-rf.log", "two words.log", "naïve 日本.log", "..log")},
        "100%25.log.gz": contents["100%.log"],
        "a%2520b.log.gz": contents["a%20b.log"],
        "line%0Abreak.log.gz": contents["line\nbreak.log"],
        "bad%FF.log.gz": contents["bad\udcff.log"],
    }
    assert desk.left() == []


def test_a_key_that_is_too_long_is_said_before_anything_is_done(desk: Desk) -> None:
    deep = "/".join(["d" * 200] * 5)
    desk.log(f"{deep}/app.log", b"x")
    for arguments in ((), ("--dry-run",)):
        result = desk.archive(*arguments)
        assert result.code == 1
        assert "its key would have 1047 bytes; S3 allows 1024" in result.out
        assert desk.left() == [f"{deep}/app.log"]


@pytest.mark.parametrize(
    "name", ["app.log", "app.log.gz", "app.log.1", "app.log.12.gz", "app.log-20260101.gz", "0.log.20260101-101010"]
)
def test_rotated_files_are_log_files(name: str) -> None:
    assert select([log_file(name)], PATTERNS, timedelta(days=30), NOW).files == (log_file(name),)


@pytest.mark.parametrize("name", ["app.log.pos", "app.logs", "log", "app.LOG", ".payobs-archive.lock", "db.sql.gz"])
def test_other_files_are_not(name: str) -> None:
    assert select([log_file(name)], PATTERNS, timedelta(days=30), NOW) == Selection((), 0)


def test_the_age_is_that_of_the_last_line() -> None:
    at, just, future = (log_file("x.log", timedelta(days=days)) for days in (30, 30.001, -1))
    assert select([at, just, future], PATTERNS, timedelta(days=30), NOW) == Selection((just,), 2)


def test_compressed_files_come_first_and_a_pair_is_one() -> None:
    names = ["a.log", "b.log.gz", "c.log", "c.log.gz"]
    chosen = select([log_file(name) for name in names], PATTERNS, timedelta(days=30), NOW).files
    assert [str(file.path) for file in chosen] == ["b.log.gz", "a.log", "c.log"]


def test_links_are_not_followed(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for file in (outside / "secret.log", outside / "other.log"):
        file.write_bytes(b"secret")
        os.utime(file, (OLD.timestamp(), OLD.timestamp()))
    (desk.logs / "link.log").symlink_to(outside / "secret.log")
    (desk.logs / "folder").symlink_to(outside)
    os.mkfifo(desk.logs / "pipe.log")
    result = desk.archive()
    assert (result.code, desk.s3.stored()) == (0, [])
    assert sorted(outside.iterdir()) == [outside / "other.log", outside / "secret.log"]
    assert desk.left() == ["link.log", "pipe.log"]
    assert (desk.logs / "folder").is_symlink()


def test_a_folder_that_cannot_be_listed_is_said_and_others_go_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found = LogDirectory.found

    def found_but_one(self: LogDirectory, failed: Callable[[OSError], None]) -> Iterator[LogFile]:
        failed(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "./secret"))
        yield from found(self, failed)

    monkeypatch.setattr(LogDirectory, "found", found_but_one)
    desk.log("app.log", b"x")
    for arguments in (("--dry-run",), ()):
        result = desk.archive(*arguments)
        assert result.code == 1
        assert "  ! ./secret: Permission denied\n" in result.out
    assert "1 archived" in result.out
    assert "1 failed" in result.out


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path) -> None:
    logs, outside = tmp_path / "logs", tmp_path / "outside"
    for folder in (logs / "pod", outside):
        folder.mkdir(parents=True)
        (folder / "app.log").write_bytes(b"x")
        os.utime(folder / "app.log", (OLD.timestamp(), OLD.timestamp()))
    said: list[str] = []
    with log_directory(logs) as directory:
        selection = everything(directory)
        (logs / "pod").rename(logs / "before")
        (logs / "pod").symlink_to(outside)
        summary = Archive(directory, Shelf(), "", keep=False, progress=Lines(said.append)).run(selection)
    assert (summary.end, summary.failed) == (End.INCOMPLETE, 1)
    assert said == ["  ! pod/app.log: Not a directory"]
    assert (outside / "app.log").exists()


def test_a_file_that_was_replaced_stays(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"x")
    with log_directory(tmp_path) as logs:
        (found,) = logs.found(pytest.fail)
        new = tmp_path / "new"
        new.write_bytes(b"y")
        os.utime(new, ns=(found.modified_ns, found.modified_ns))
        new.rename(file)
        with logs.folder(found.path) as folder, pytest.raises(FileError, match="replaced"):
            folder.remove(found)
    assert file.read_bytes() == b"y"


def test_compressing_keeps_time_and_rights_and_a_killed_run_is_finished(tmp_path: Path) -> None:
    file, packed = tmp_path / "app.log", tmp_path / "app.log.gz"
    file.write_bytes(b"x" * 5000)
    file.chmod(0o640)
    os.utime(file, (OLD.timestamp(), OLD.timestamp()))
    before = file.stat()
    with log_directory(tmp_path) as logs, logs.folder(PurePosixPath("app.log")) as folder:
        (found,) = everything(logs).files
        pack(folder, found)
        after = packed.stat()
        assert (after.st_mtime_ns, after.st_mode) == (before.st_mtime_ns, before.st_mode)
        file.write_bytes(b"x" * 5000)  # as if the kill had come before it was deleted
        pack(folder, LogFile.of(found.path, file.stat()))
    assert list(tmp_path.iterdir()) == [packed]
    assert packed.stat().st_ino == after.st_ino
    assert gzip.decompress(packed.read_bytes()) == b"x" * 5000


def test_a_file_system_without_links_will_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "link", refuse)
    desk.log("app.log", b"x")
    assert desk.archive().code == 0
    assert desk.archived() == {"app.log.gz": b"x"}
    assert desk.left() == []


def test_something_else_under_the_compressed_name_is_left_alone(desk: Desk) -> None:
    desk.log("app.log", b"new")
    other = gzip.compress(b"old")
    desk.log("app.log.gz", other)
    result = desk.archive()
    assert result.code == 1
    assert "! app.log: app.log.gz is beside it and holds something else" in result.out
    assert desk.left() == ["app.log", "app.log.gz"]
    assert desk.s3.stored() == []


@pytest.mark.parametrize(
    "content", [b"", b"plain text", gzip.compress(noise(5000))[:-9]], ids=["empty", "plain", "cut"]
)
def test_what_is_no_whole_gzip_file_is_not_archived(desk: Desk, content: bytes) -> None:
    desk.log("app.log.gz", content)
    result = desk.archive()
    assert result.code == 1
    assert "gzip file: " in result.out
    assert (desk.left(), desk.s3.stored()) == (["app.log.gz"], [])


def test_an_empty_log_is_archived_too(desk: Desk) -> None:
    desk.log("app.log", b"")
    assert desk.archive().code == 0
    assert desk.archived() == {"app.log.gz": b""}


def test_a_writer_in_another_process_is_seen_and_whoever_waits_to_write_is_let_in(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"x")
    program = f"stream = open({str(file)!r}, 'a'); print('open', flush=True); input()"
    with file.open("rb") as stream:
        assert not has_writer(stream.fileno())
        writer = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with writer:
            assert writer.stdout
            assert writer.stdout.readline() == b"open\n"
            assert has_writer(stream.fileno())
            writer.communicate(b"\n", timeout=30)
        assert not has_writer(stream.fileno())


def test_a_writer_is_found_in_proc_where_the_kernel_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    file = tmp_path / "app.log"
    file.write_bytes(b"x")
    with file.open("rb") as stream:
        assert not has_writer(stream.fileno())
        with file.open("ab"):
            assert has_writer(stream.fileno())


@pytest.mark.parametrize("size", [0, 1, PART_SIZE, PART_SIZE + 1, 2 * PART_SIZE])
def test_the_checksum_is_the_one_that_s3_computes(tmp_path: Path, size: int) -> None:
    content = noise(size)
    file = tmp_path / "x"
    file.write_bytes(content)
    with file.open("rb") as stream:
        found = content_of(stream, size)
    pieces = [content[at : at + PART_SIZE] for at in range(0, size, PART_SIZE)] or [b""]
    digests = b"".join(hashlib.sha256(piece).digest() for piece in pieces)
    whole = hashlib.sha256(digests).digest() if len(pieces) > 1 else digests
    assert found.checksum == b64encode(whole).decode() + (f"-{len(pieces)}" if len(pieces) > 1 else "")
    assert (found.size, found.sha256) == (size, hashlib.sha256(content).hexdigest())


@given(st.integers(min_value=0, max_value=5 << 40))
def test_any_size_that_s3_takes_goes_in_ten_thousand_parts(size: int) -> None:
    part = size_of_parts(size)
    assert -(-size // part) <= 10_000
    assert part >= PART_SIZE
    assert part % (1 << 20) == 0


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    with file.open("wb") as stream:
        for seed in range(64):
            stream.write(noise(1 << 20, seed))
    os.utime(file, (OLD.timestamp(), OLD.timestamp()))
    with log_directory(tmp_path) as logs, logs.folder(PurePosixPath("app.log")) as folder:
        (found,) = everything(logs).files
        tracemalloc.start()
        packed = pack(folder, found)
        with folder.opened(packed) as stream:
            content_of(stream, packed.size)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert packed.size > 7 * PART_SIZE
    assert peak < 3 * PART_SIZE


def test_a_long_compression_is_told_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_LONG", 2000)
    desk.log("short.log", b"x")
    desk.log("long.log", bytes(2048))
    lines = desk.archive().out.splitlines()
    assert [line for line in lines if "compressed" in line] == ["    long.log: 2.0 KiB are compressed"]


def test_long_uploads_are_told_of_and_the_rate_is_kept() -> None:
    now, said = 0.0, list[str]()

    def pause(seconds: float) -> None:
        nonlocal now
        now += seconds

    sent = Lines(said.append, rate=1 << 20, clock=lambda: now, pause=pause).sending("app.log.gz", 32 << 20)
    for _ in range(4):
        sent(8 << 20)
    assert now == 32
    assert said == ["    app.log.gz: 50% of 32.0 MiB sent"]


def test_the_day_is_in_utc(desk: Desk) -> None:
    desk.log("app.log", b"x", datetime.fromisoformat("2026-03-10T01:00:00+08:00"))
    assert desk.archive().code == 0
    assert desk.s3.stored() == [f"{DAY}/app.log.gz"]
