"""The host's figures, and that a file system which is gone takes only its own away."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import psutil
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from waiting import wait_until

from payment_catalog.exporter_metrics import host as metrics
from payment_catalog.vocabulary import CpuMode
from payment_exporter.collectors.cgroup import ControlGroup
from payment_exporter.collectors.filesystems import FileSystems, Space, look
from payment_exporter.collectors.host import HostCollector, UnreadableError
from payment_exporter.configuration import Host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from prometheus_client.core import Metric as MetricFamily

Samples = dict[tuple[str, tuple[str, ...]], float]

DISK = Space(is_mount_point=True, size=100, available=40)
PARENT = Space(is_mount_point=False, size=7000, available=7000)


def samples(families: Iterable[MetricFamily]) -> Samples:
    """What a scrape shows, by name and label values."""
    registry = CollectorRegistry()
    registry.register(Finished(families))
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


class Finished:
    """Families that have been read."""

    def __init__(self, families: Iterable[MetricFamily]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[MetricFamily]:
        return self._families


def collect(collector: HostCollector) -> tuple[Samples, str]:
    """What a scrape shows, and what the collector raised after it."""
    families: list[MetricFamily] = []
    try:
        for family in collector.collect():
            families.append(family)  # noqa: PERF402 - keeps what came before the error
    except UnreadableError as error:
        return samples(families), str(error)
    return samples(families), ""


class Disks:
    """File systems by mount point; one that is an event does not answer before it is set."""

    def __init__(self, **found: Space | OSError | threading.Event) -> None:
        self.found = {f"/{name}": answer for name, answer in found.items()}
        self.asked = 0

    def ask(self, path: str) -> Space:
        self.asked += 1
        match self.found[path]:
            case OSError() as error:
                raise error
            case threading.Event() as event:
                event.wait(60)
                return DISK
            case space:
                return space

    def collector(self, patience: float = 30) -> HostCollector:
        return HostCollector(Host(), FileSystems(self.found, self.ask, patience))


def test_processors_memory_and_network_are_those_of_the_machine() -> None:
    before = psutil.cpu_times()
    shown, error = collect(HostCollector(Host()))
    after = psutil.cpu_times()
    assert error == ""
    assert before.user <= shown["host_cpu_seconds_total", ("user",)] <= after.user
    assert {labels for name, labels in shown if name == "host_cpu_seconds_total"} == {(mode,) for mode in CpuMode}
    assert shown["host_memory_total_bytes", ()] == psutil.virtual_memory().total
    assert 0 < shown["host_memory_available_bytes", ()] < shown["host_memory_total_bytes", ()]
    devices = {labels[0] for name, labels in shown if name == "host_network_bytes_total"}
    assert devices <= set(psutil.net_io_counters(pernic=True))
    assert devices == {"lo"} or "lo" not in devices


def test_a_file_system_has_the_size_that_the_machine_says(tmp_path: Path) -> None:
    shown, error = collect(HostCollector(Host(mountpoints=("/", str(tmp_path)))))
    assert error == ""
    for path in ("/", str(tmp_path)):
        assert 0 < shown["host_disk_available_bytes", (path,)] <= shutil.disk_usage(path).total
        assert shown["host_disk_available_bytes", (path,)] <= shown["host_disk_size_bytes", (path,)]
        assert shown["host_disk_size_bytes", (path,)] <= shutil.disk_usage(path).total


def test_a_mount_point_named_twice_is_shown_once() -> None:
    shown, _ = collect(HostCollector(Host(mountpoints=("/", "/"))))
    assert [labels for name, labels in shown if name == "host_disk_size_bytes"] == [("/",)]


def test_figures_of_the_control_group_are_shown_where_there_are_any() -> None:
    shown, _ = collect(HostCollector(Host(), control_group=lambda: ControlGroup(5, 10, 1.5, 2.25)))
    assert {name: value for (name, _), value in shown.items() if name.startswith("cgroup_")} == {
        "cgroup_memory_used_bytes": 5,
        "cgroup_memory_limit_bytes": 10,
        "cgroup_cpu_limit_cores": 1.5,
        "cgroup_cpu_throttled_seconds_total": 2.25,
    }
    shown, error = collect(HostCollector(Host(), control_group=ControlGroup))
    assert not [name for name, _ in shown if name.startswith("cgroup_")]
    assert error == ""


def test_everything_declared_is_published_in_the_order_that_keeps_most() -> None:
    collector = HostCollector(Host(), control_group=lambda: ControlGroup(5, 10, 1.5, 2.25))
    names = [family.name for family in collector.collect()]
    assert {name for name, _ in samples(collector.collect())} == {metric.name for metric in metrics.METRICS}
    assert names[-2:] == ["host_disk_size_bytes", "host_disk_available_bytes"]


def test_a_control_group_that_cannot_be_read_takes_only_its_own_figures_away() -> None:
    def unreadable() -> ControlGroup:
        raise PermissionError(13, "Permission denied", "/sys/fs/cgroup/memory.max")

    shown, error = collect(HostCollector(Host(), control_group=unreadable))
    assert error == "control group: [Errno 13] Permission denied: '/sys/fs/cgroup/memory.max'"
    assert ("host_disk_size_bytes", ("/",)) in shown


def test_a_file_system_that_is_gone_is_named_and_the_others_are_shown() -> None:
    disks = Disks(data=FileNotFoundError(2, "No such file or directory"), logs=DISK, old=PermissionError(13, "Denied"))
    shown, error = collect(disks.collector())
    assert error == "/data: No such file or directory; /old: Denied"
    assert {key: value for key, value in shown.items() if key[0].startswith("host_disk")} == {
        ("host_disk_size_bytes", ("/logs",)): 100,
        ("host_disk_available_bytes", ("/logs",)): 40,
    }
    assert ("host_memory_total_bytes", ()) in shown


def test_a_disk_that_was_unmounted_does_not_show_its_parents_figures_until_it_is_back() -> None:
    disks = Disks(data=DISK, logs=DISK)
    collector = disks.collector()
    assert collect(collector)[1] == ""
    disks.found["/data"] = PARENT
    for _ in range(2):
        shown, error = collect(collector)
        assert error == "/data: is no mount point any more"
        assert [labels for name, labels in shown if name == "host_disk_size_bytes"] == [("/logs",)]
    disks.found["/data"] = DISK
    shown, error = collect(collector)
    assert error == ""
    assert shown["host_disk_size_bytes", ("/data",)] == 100


def test_a_disk_that_is_mounted_late_is_missed_when_it_goes(caplog: pytest.LogCaptureFixture) -> None:
    disks = Disks(data=PARENT)
    collector = disks.collector()
    for _ in range(2):
        assert collect(collector)[1] == ""
    assert caplog.text.count("path=/data reason=shows the file system that it lies in") == 1
    disks.found["/data"] = DISK
    assert collect(collector)[1] == ""
    disks.found["/data"] = PARENT
    assert collect(collector)[1] == "/data: is no mount point any more"


def test_a_real_path_that_leads_to_a_mount_point_no_more_is_noticed(tmp_path: Path) -> None:
    link = tmp_path / "disk"
    link.symlink_to("/proc")
    collector = HostCollector(Host(mountpoints=(str(link),)))
    assert collect(collector)[1] == ""
    link.unlink()
    link.symlink_to(tmp_path)
    assert collect(collector)[1] == f"{link}: is no mount point any more"
    link.unlink()
    assert collect(collector)[1] == f"{link}: No such file or directory"


@pytest.mark.parametrize("path", ["/", "/proc"])
def test_a_mount_point_is_known_as_one(path: str) -> None:
    assert look(path).is_mount_point


def test_a_directory_is_no_mount_point(tmp_path: Path) -> None:
    assert not look(str(tmp_path)).is_mount_point


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_file_system_that_does_not_answer_keeps_nobody_and_is_asked_once(release: threading.Event) -> None:
    disks = Disks(nfs=release, data=DISK)
    collector = disks.collector(patience=0.5)
    for asked in (2, 3):
        shown, error = collect(collector)
        assert error == "/nfs: does not answer"
        assert shown["host_disk_size_bytes", ("/data",)] == 100
        assert disks.asked == asked
    release.set()
    wait_until("the file system is shown again", lambda: collect(collector)[1] == "")


def test_an_error_says_nothing_but_where_and_why() -> None:
    disks = Disks(data=OSError("transport endpoint is not connected"))
    assert collect(disks.collector())[1] == "/data: transport endpoint is not connected"
