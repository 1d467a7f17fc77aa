"""Writing generated files: whole, only what changed, and nothing that is somebody else's."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from payment_bundle.changes import Changes, ForeignFileError, plan_changes
from payment_bundle.manifest import MANIFEST, Entry, ManifestError, digest, read_manifest
from payment_bundle.tree import TreeError, apply_changes, locked


def write(out: Path, files: dict[str, str]) -> Changes:
    rendered = {path: text.encode() for path, text in files.items()}
    with locked(out):
        new = {path: Entry(digest(content), "test") for path, content in rendered.items()}
        changes = plan_changes(out, read_manifest(out), new, rendered)
        if not changes.is_empty:
            apply_changes(out, rendered, changes)
    return changes


def contents(out: Path) -> dict[str, str]:
    return {
        str(file.relative_to(out)): file.read_text()
        for file in sorted(out.rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "generated"


def test_a_new_directory_is_written_as_planned(out: Path) -> None:
    changes = write(out, {"a.txt": "1", "deep/down/b.txt": "2"})
    assert set(changes.added) == {"a.txt", "deep/down/b.txt"}
    assert contents(out) == {"a.txt": "1", "deep/down/b.txt": "2"}
    assert sorted(read_manifest(out)) == ["a.txt", "deep/down/b.txt"]


def test_only_what_changed_is_rewritten(out: Path) -> None:
    write(out, {"a.txt": "1", "b.txt": "1"})
    before = (out / "a.txt").stat()
    changes = write(out, {"a.txt": "1", "b.txt": "2"})
    after = (out / "a.txt").stat()
    assert (changes.changed, changes.unchanged) == (("b.txt",), ("a.txt",))
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_second_run_touches_nothing(out: Path) -> None:
    write(out, {"a.txt": "1"})
    before = out.stat()
    assert write(out, {"a.txt": "1"}).is_empty
    assert (out.stat().st_ino, out.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_is_no_longer_made_goes_with_its_empty_directory(out: Path) -> None:
    write(out, {"a.txt": "1", "old/b.txt": "1"})
    assert write(out, {"a.txt": "1"}).removed == ("old/b.txt",)
    assert not (out / "old").exists()


def test_what_is_no_longer_made_but_edited_by_hand_stays(out: Path) -> None:
    write(out, {"a.txt": "1", "b.txt": "1"})
    (out / "b.txt").write_text("mine")
    changes = write(out, {"a.txt": "1"})
    assert (changes.removed, changes.edited) == ((), ("b.txt",))
    assert (out / "b.txt").read_text() == "mine"


def test_a_file_of_somebody_else_is_never_touched(out: Path) -> None:
    write(out, {"a.txt": "1"})
    (out / "notes").mkdir()
    (out / "notes" / "mine.txt").write_text("mine")
    (out / "link").symlink_to("nowhere")
    before = (out / "notes" / "mine.txt").stat()
    write(out, {"a.txt": "2"})
    after = (out / "notes" / "mine.txt").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert (out / "link").is_symlink()


def test_a_file_of_somebody_else_in_our_place_stops_the_run(out: Path) -> None:
    write(out, {"a.txt": "1"})
    (out / "b.txt").write_text("mine")
    with pytest.raises(ForeignFileError, match=r"b\.txt: not written by payobs"):
        write(out, {"a.txt": "2", "b.txt": "2"})
    assert contents(out) == {"a.txt": "1", "b.txt": "mine"}


def test_a_link_in_our_place_is_not_followed(out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    out.mkdir()
    (out / "rules").symlink_to(elsewhere)
    with pytest.raises(ForeignFileError):
        write(out, {"rules/a.txt": "1"})
    assert list(elsewhere.iterdir()) == []


def test_a_manifest_that_points_outside_is_refused(out: Path) -> None:
    write(out, {"a.txt": "1"})
    manifest = out / MANIFEST
    manifest.write_text(manifest.read_text().replace("a.txt", "../../etc/passwd"))
    with pytest.raises(ManifestError, match="not below the directory"):
        write(out, {"a.txt": "2"})


def test_a_run_that_cannot_write_leaves_the_old_tree(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(out, {"a.txt": "1", "b.txt": "1"})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TreeError, match="No space left"):
        write(out, {"a.txt": "2", "b.txt": "2"})
    assert contents(out) == {"a.txt": "1", "b.txt": "1"}
    assert [path.name for path in out.parent.iterdir()] == ["generated"]


def test_two_runs_do_not_mix(out: Path) -> None:
    with locked(out), pytest.raises(TreeError, match="another run"), locked(out):
        pass


def test_without_an_exchange_by_the_kernel_the_tree_is_replaced_all_the_same(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payment_bundle.tree._renamed_in_one_step", lambda staging, directory: False)
    write(out, {"a.txt": "1"})
    write(out, {"a.txt": "2"})
    assert contents(out) == {"a.txt": "2"}
    assert [path.name for path in out.parent.iterdir()] == ["generated"]


def test_a_run_killed_between_two_renames_is_recovered(out: Path) -> None:
    write(out, {"a.txt": "1"})
    out.rename(out.with_name(".generated.previous"))
    assert write(out, {"a.txt": "1"}).is_empty
    assert contents(out) == {"a.txt": "1"}


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_tree import write
out = Path({out!r})
print("ready", flush=True)
for round in range(1, 10**6):
    write(out, {{f"{{n}}.txt": str(round) for n in range(20)}})
"""


def test_a_killed_run_leaves_a_whole_tree(out: Path) -> None:
    seed = random.Random(7)
    code = WRITER.format(tests=str(Path(__file__).parent), out=str(out))
    for _ in range(8):
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(seed.uniform(0.05, 0.4))
        writer.send_signal(signal.SIGKILL)
        writer.wait(10)
        writer.stdout.close()
        seen = contents(out)
        assert len(seen) == 20
        assert len(set(seen.values())) == 1, "files of two runs are mixed"
        assert {path: digest(text.encode()) for path, text in seen.items()} == {
            path: entry.sha256 for path, entry in read_manifest(out).items()
        }
    write(out, {"a.txt": "1"})
    assert [path.name for path in out.parent.iterdir()] == ["generated"]
