"""``payobs archive`` against moto's S3: old files are in the bucket, whole, and then no longer here."""

from __future__ import annotations

import gzip
import hashlib
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from archive_desk import DAY, OLD, noise, payobs

from payment_catalog.archive_report import ArchiveReport
from payment_catalog.backup_report import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from archive_desk import Desk

LINES = b'{"level": "ERROR", "event": "payment failed"}\n' * 1000


def test_an_old_file_is_compressed_uploaded_and_deleted(desk: Desk) -> None:
    desk.log("app.log", LINES)
    result = desk.archive()
    assert (result.code, result.err) == (0, "")
    assert desk.archived() == {"app.log.gz": LINES}
    assert desk.left() == []
    assert f"+ app.log -> s3://shop-logs/{DAY}/app.log.gz" in result.out
    assert result.out.endswith("0 there already, 0 failed, 0 not tried, 0 younger than 30d\n")


def test_the_object_says_what_it_is(desk: Desk) -> None:
    desk.log("app.log", LINES)
    assert desk.archive("--storage-class", "STANDARD_IA").code == 0
    key = f"{DAY}/app.log.gz"
    head = desk.s3.client.head_object(Bucket="shop-logs", Key=key)
    assert head["ContentType"] == "application/gzip"
    assert head["StorageClass"] == "STANDARD_IA"
    assert head["Metadata"] == {"sha256": hashlib.sha256(desk.s3.read(key)).hexdigest()}


def test_files_below_keep_their_folders_and_rotated_ones_their_numbers(desk: Desk) -> None:
    desk.log("pod-a/app.log.1", b"1")
    desk.log("pod-b/app.log.1", b"2")
    desk.log("app.log-20260309", b"3")
    desk.log("app.log.2.gz", gzip.compress(b"4"))
    assert desk.archive().code == 0
    names = {"pod-a/app.log.1.gz": b"1", "pod-b/app.log.1.gz": b"2", "app.log-20260309.gz": b"3", "app.log.2.gz": b"4"}
    assert desk.archived() == names
    assert desk.left() == []


def test_young_files_and_others_stay(desk: Desk) -> None:
    now = datetime.now(UTC)
    desk.log("app.log", b"young", now - timedelta(days=29))
    desk.log("fluentd-containers.log.pos", b"position")
    desk.log("core.dump", b"x")
    result = desk.archive()
    assert (result.code, desk.s3.stored()) == (0, [])
    assert desk.left() == ["app.log", "core.dump", "fluentd-containers.log.pos"]
    assert "1 younger than 30d" in result.out


def test_age_and_names_are_options(desk: Desk) -> None:
    desk.log("a.txt", b"a", datetime.now(UTC) - timedelta(hours=2))
    desk.log("b.log", b"b")
    assert desk.archive("--older-than", "1h", "--pattern", "*.txt").code == 0
    assert desk.left() == ["b.log"]
    assert [key.rpartition("/")[2] for key in desk.s3.stored()] == ["a.txt.gz"]


def test_the_age_is_the_settings_retention_else(desk: Desk) -> None:
    desk.config.write_text(f"{desk.config.read_text()}retention: {{logs: 10000d}}\n")
    desk.log("app.log", b"x")
    assert "1 younger than 10000d" in desk.archive().out
    assert desk.left() == ["app.log"]


def test_a_large_file_goes_in_parts(desk: Desk) -> None:
    content = noise(17 << 20)
    desk.log("app.log", content)
    assert desk.archive().code == 0
    assert desk.archived() == {"app.log.gz": content}
    assert desk.s3.unfinished() == []
    assert len([line for line in desk.s3.requests if "partNumber=" in line]) == 3
    assert desk.left() == []


def test_a_dry_run_touches_and_asks_nothing(desk: Desk) -> None:
    desk.log("app.log", LINES)
    result = desk.archive("--dry-run")
    assert result.code == 0
    assert f"+ app.log -> s3://shop-logs/{DAY}/app.log.gz" in result.out
    assert "1 to archive (44.9 KiB), 0 younger than 30d (dry run, nothing touched)" in result.out
    assert list(desk.logs.iterdir()) == [desk.logs / "app.log"]
    assert desk.s3.requests == []


def test_a_second_run_does_nothing_more(desk: Desk) -> None:
    desk.log("app.log", LINES)
    assert desk.archive("--keep").code == 0
    assert desk.left() == ["app.log.gz"]
    before = desk.s3.client.head_object(Bucket="shop-logs", Key=f"{DAY}/app.log.gz")["LastModified"]
    again = desk.archive("--keep")
    assert (again.code, desk.left()) == (0, ["app.log.gz"])
    assert "0 archived (0 B sent), 1 there already" in again.out
    assert not [line for line in desk.s3.requests if line.startswith("PUT")][1:]
    last = desk.archive()
    assert (last.code, desk.left()) == (0, [])
    assert desk.s3.client.head_object(Bucket="shop-logs", Key=f"{DAY}/app.log.gz")["LastModified"] == before


def test_another_object_is_never_overwritten(desk: Desk) -> None:
    desk.s3.put(f"{DAY}/app.log.gz", b"precious")
    desk.log("app.log", LINES)
    desk.log("other.log", LINES)
    result = desk.archive()
    assert result.code == 1
    assert f"! app.log: s3://shop-logs/{DAY}/app.log.gz is there and holds something else" in result.out
    assert desk.s3.read(f"{DAY}/app.log.gz") == b"precious"
    assert desk.left() == ["app.log.gz"]
    assert gzip.decompress((desk.logs / "app.log.gz").read_bytes()) == LINES
    assert gzip.decompress(desk.s3.read(f"{DAY}/other.log.gz")) == LINES


def test_another_object_of_the_same_size_is_told_apart(desk: Desk) -> None:
    packed = gzip.compress(LINES)
    desk.log("app.log.gz", packed)
    desk.s3.put(f"{DAY}/app.log.gz", bytes(len(packed)))
    assert desk.archive().code == 1
    assert desk.left() == ["app.log.gz"]


def test_an_object_that_another_program_has_put_there_is_read_back(desk: Desk) -> None:
    packed = gzip.compress(LINES)
    desk.log("app.log.gz", packed)
    desk.s3.put(f"{DAY}/app.log.gz", packed)
    result = desk.archive()
    assert result.code == 0
    assert "= app.log.gz" in result.out
    assert desk.left() == []


def test_figures_of_the_run_are_left_for_a_program(desk: Desk, tmp_path: Path) -> None:
    desk.log("app.log", LINES)
    desk.s3.put(f"{DAY}/b.log.gz", b"precious")
    desk.log("b.log", LINES)
    report = tmp_path / "archive.report.json"
    assert desk.archive("--report", str(report)).code == 1
    read = read_report(report, ArchiveReport)
    assert (read.complete, read.archived, read.there_already, read.failed, read.untried) == (False, 1, 0, 1, 0)
    assert read.sent_bytes == len(desk.s3.read(f"{DAY}/app.log.gz"))
    assert read.started <= read.finished
    assert read.last_complete is None
    assert read.oldest_waiting == OLD + timedelta(days=30)


def test_the_report_remembers_the_last_run_that_left_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    report = tmp_path / "archive.report.json"
    desk.log("app.log", LINES)
    assert desk.archive("--report", str(report)).code == 0
    whole = read_report(report, ArchiveReport)
    assert (whole.last_complete, whole.oldest_waiting) == (whole.finished, None)
    desk.s3.put(f"{DAY}/b.log.gz", b"precious")
    desk.log("b.log", LINES)
    for _ in range(2):
        assert desk.archive("--report", str(report)).code == 1
    later = read_report(report, ArchiveReport)
    assert later.finished > whole.finished
    assert later.last_complete == whole.last_complete


def test_a_damaged_report_does_not_stop_the_next_one(desk: Desk, tmp_path: Path) -> None:
    report = tmp_path / "archive.report.json"
    report.write_text("{")
    desk.log("b.log", LINES, datetime.fromtimestamp(-1, UTC))
    desk.log("c.log", LINES)
    desk.s3.put("payment-service-logs/1969/12/31/b.log.gz", b"precious")
    assert desk.archive("--report", str(report)).code == 1
    read = read_report(report, ArchiveReport)
    assert read.last_complete is None
    assert read.oldest_waiting == datetime.fromtimestamp(0, UTC) + timedelta(days=30)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--older-than=soon", "expected a duration such as 30s, 15m, 4h or 90d"),
        ("--endpoint-url=http://name:password@host", "without name and password"),
    ],
)
def test_a_wrong_option_is_bad_usage(desk: Desk, option: str, message: str) -> None:
    result = desk.archive(option)
    assert result.code == 2
    assert message in " ".join(result.err.replace("│", " ").split())
    assert "name:password" not in result.err


def test_a_directory_that_is_none_is_bad_usage(desk: Desk) -> None:
    result = payobs("archive", f"--directory={desk.config}", f"--config={desk.config}")
    assert (result.code, result.err) == (2, f"payobs: {desk.config}: Not a directory\n")


def test_without_boto3_it_says_what_to_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "payment_logging.archive.s3", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    result = desk.archive()
    assert result.code == 2
    assert result.err == "payobs: boto3 is missing: pip install 'payment-observability[archive]' brings it\n"
