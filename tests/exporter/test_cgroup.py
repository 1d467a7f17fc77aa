"""The control group's figures, in every layout that the kernel and container runtimes give it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_exporter.collectors.cgroup import (
    ControlGroup,
    parse_flat_keyed,
    parse_limit,
    parse_membership,
    parse_quota,
    read_control_group,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MIB = 1 << 20
NO_LIMIT_OF_VERSION_1 = "9223372036854771712\n"
VERSION_1 = "12:memory:{path}\n4:cpu,cpuacct:{path}\n1:name=systemd:{path}\n"


class Kernel:
    """Files as the kernel shows them, below a directory of the test's own."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "cgroup"
        self.root.mkdir()
        self.membership = directory / "membership"

    def runs_in(self, text: str) -> None:
        self.membership.write_text(text)

    def group(self, path: str, files: Mapping[str, str]) -> None:
        group = self.root / path.lstrip("/")
        group.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (group / name).write_text(text)

    def read(self) -> ControlGroup:
        return read_control_group(self.root, self.membership)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def version_2(used: int, limit: str, quota: str) -> dict[str, str]:
    return {
        "memory.current": f"{used}\n",
        "memory.stat": f"anon 7\ninactive_file {4 * MIB}\nactive_file 99\n",
        "memory.max": f"{limit}\n",
        "cpu.max": f"{quota}\n",
        "cpu.stat": "usage_usec 9\nnr_periods 3\nnr_throttled 2\nthrottled_usec 2500000\n",
    }


def version_1(kernel: Kernel, mounts: tuple[str, str], path: str, limit: str, quota: str) -> None:
    memory, cpu = mounts
    kernel.group(
        f"{memory}{path}",
        {
            "memory.usage_in_bytes": f"{10 * MIB}\n",
            "memory.stat": f"inactive_file 1\nhierarchical_memory_limit 5\ntotal_inactive_file {4 * MIB}\n",
            "memory.limit_in_bytes": limit,
        },
    )
    kernel.group(
        f"{cpu}{path}",
        {
            "cpu.cfs_quota_us": quota,
            "cpu.cfs_period_us": "100000\n",
            "cpu.stat": "nr_periods 3\nnr_throttled 2\nthrottled_time 2500000000\n",
        },
    )


def test_version_2_in_a_container_with_a_namespace_of_its_own(kernel: Kernel) -> None:
    kernel.runs_in("0::/\n")
    kernel.group("/", {"cgroup.controllers": "cpu memory\n", **version_2(10 * MIB, str(64 * MIB), "150000 100000")})
    assert kernel.read() == ControlGroup(6 * MIB, 64 * MIB, 1.5, 2.5)


def test_version_2_on_the_host_where_the_root_has_no_figures(kernel: Kernel) -> None:
    kernel.runs_in("0::/system.slice/payment-exporter.service\n")
    kernel.group("/", {"cgroup.controllers": "cpu memory\n", "cpu.stat": "usage_usec 9\n"})
    kernel.group("/system.slice", {**version_2(500 * MIB, "max", "max 100000"), "cpu.stat": "throttled_usec 0\n"})
    kernel.group("/system.slice/payment-exporter.service", version_2(10 * MIB, str(64 * MIB), "max 100000"))
    assert kernel.read() == ControlGroup(6 * MIB, 64 * MIB, None, 2.5)


@pytest.mark.parametrize(("own", "above"), [("max", str(32 * MIB)), (str(64 * MIB), str(32 * MIB))])
def test_a_limit_above_counts_when_it_is_less(kernel: Kernel, own: str, above: str) -> None:
    kernel.runs_in("0::/pod/container\n")
    kernel.group("/", {"cgroup.controllers": "cpu memory\n"})
    kernel.group("/pod", version_2(20 * MIB, above, "50000 100000"))
    kernel.group("/pod/container", version_2(10 * MIB, own, "200000 100000"))
    group = kernel.read()
    assert (group.memory_limit, group.cpu_limit) == (32 * MIB, 0.5)


def test_a_quota_above_that_stands_in_the_way_is_counted(kernel: Kernel) -> None:
    kernel.runs_in("0::/slice/service\n")
    kernel.group("/", {"cgroup.controllers": "cpu\n", "cpu.stat": "usage_usec 9\n"})
    kernel.group("/slice", {"cpu.max": "50000 100000\n", "cpu.stat": "throttled_usec 1500000\n"})
    kernel.group("/slice/service", {"cpu.max": "max 100000\n", "cpu.stat": "throttled_usec 0\n"})
    assert kernel.read() == ControlGroup(None, None, 0.5, 1.5)


def test_a_group_without_the_controller_is_governed_by_the_one_above(kernel: Kernel) -> None:
    kernel.runs_in("0::/user.slice/session\n")
    kernel.group("/", {"cgroup.controllers": "cpu memory\n"})
    kernel.group("/user.slice", version_2(20 * MIB, str(64 * MIB), "100000 100000"))
    kernel.group("/user.slice/session", {"cpu.stat": "usage_usec 9\n"})
    assert kernel.read() == ControlGroup(16 * MIB, 64 * MIB, 1.0, 2.5)


@pytest.mark.parametrize("path", ["/kubepods/pod1/host-sees-it-here", "/../../elsewhere", "/.."])
def test_a_path_that_the_container_does_not_have_means_the_root_of_the_mount(kernel: Kernel, path: str) -> None:
    kernel.runs_in(f"0::{path}\n")
    kernel.group("/", {"cgroup.controllers": "cpu memory\n", **version_2(10 * MIB, str(64 * MIB), "150000 100000")})
    assert kernel.read() == ControlGroup(6 * MIB, 64 * MIB, 1.5, 2.5)


@pytest.mark.parametrize("mounts", [("memory", "cpu"), ("memory", "cpu,cpuacct")])
def test_version_1(kernel: Kernel, mounts: tuple[str, str]) -> None:
    kernel.runs_in(VERSION_1.format(path="/docker/1a2b"))
    version_1(kernel, mounts, "/docker", f"{32 * MIB}\n", "-1\n")
    (kernel.root / mounts[1] / "docker" / "cpu.stat").unlink()
    version_1(kernel, mounts, "/docker/1a2b", f"{64 * MIB}\n", "25000\n")
    assert kernel.read() == ControlGroup(6 * MIB, 32 * MIB, 0.25, 2.5)


def test_version_1_without_limits(kernel: Kernel) -> None:
    kernel.runs_in(VERSION_1.format(path="/"))
    version_1(kernel, ("memory", "cpu"), "", NO_LIMIT_OF_VERSION_1, "-1\n")
    assert kernel.read() == ControlGroup(6 * MIB, None, None, 2.5)


def test_version_1_bound_into_a_container(kernel: Kernel) -> None:
    kernel.runs_in(VERSION_1.format(path="/docker/1a2b"))
    version_1(kernel, ("memory", "cpu"), "", f"{64 * MIB}\n", "200000\n")
    assert kernel.read() == ControlGroup(6 * MIB, 64 * MIB, 2.0, 2.5)


def test_memory_by_version_1_and_processors_by_version_2(kernel: Kernel) -> None:
    kernel.runs_in("4:memory:/job\n0::/job\n")
    version_1(kernel, ("memory", "unused"), "/job", f"{64 * MIB}\n", "-1\n")
    kernel.group("/unified", {"cgroup.controllers": "cpu\n"})
    kernel.group("/unified/job", {"cpu.max": "100000 100000\n", "cpu.stat": "throttled_usec 500000\n"})
    assert kernel.read() == ControlGroup(6 * MIB, 64 * MIB, 1.0, 0.5)


def test_page_cache_above_what_is_counted_leaves_nothing(kernel: Kernel) -> None:
    kernel.runs_in("0::/\n")
    kernel.group("/", {"cgroup.controllers": "memory\n", **version_2(1 * MIB, "max", "max 100000")})
    assert kernel.read().memory_used == 0


def test_without_control_groups_nothing_is_known(kernel: Kernel) -> None:
    assert kernel.read() == ControlGroup()
    kernel.runs_in("")
    assert kernel.read() == ControlGroup()
    kernel.runs_in(VERSION_1.format(path="/docker/1a2b"))
    assert kernel.read() == ControlGroup()
    kernel.runs_in("0::/somewhere\n")
    assert kernel.read() == ControlGroup()


@pytest.mark.parametrize("name", ["memory.current", "memory.max", "memory.stat", "cpu.max", "cpu.stat"])
@pytest.mark.parametrize("content", [b"\xff", b"many\n", b"1 2 3\n", b"-"])
def test_a_file_that_the_kernel_does_not_write_so_is_named(kernel: Kernel, name: str, content: bytes) -> None:
    kernel.runs_in("0::/\n")
    kernel.group("/", {"cgroup.controllers": "cpu memory\n", **version_2(10 * MIB, "max", "max 100000")})
    (kernel.root / name).write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{kernel.root / name}: not as the kernel writes it")):
        kernel.read()


def test_a_membership_that_the_kernel_does_not_write_so_is_named(kernel: Kernel) -> None:
    kernel.runs_in("nonsense\n")
    with pytest.raises(ValueError, match=re.escape(f"{kernel.membership}: not as the kernel writes it")):
        kernel.read()


def test_a_path_may_hold_colons_and_separators_of_other_alphabets(kernel: Kernel) -> None:
    path = "/a:b\u2028c\x0bd"
    kernel.runs_in(f"0::{path}\n")
    kernel.group("/", {"cgroup.controllers": "cpu memory\n"})
    kernel.group(path, version_2(10 * MIB, str(64 * MIB), "150000 100000"))
    assert kernel.read() == ControlGroup(6 * MIB, 64 * MIB, 1.5, 2.5)


@given(st.integers(min_value=0, max_value=1 << 50), st.integers(min_value=1, max_value=1_000_000))
def test_limits_are_read_as_they_are_written(limit: int, period: int) -> None:
    assert parse_limit(f"{limit}\n") == limit
    assert parse_quota(f"{limit} {period}\n") == pytest.approx(limit / period)
    assert parse_flat_keyed(f"a {limit}\nb {period}\n") == {"a": limit, "b": period}


@pytest.mark.parametrize("page", [4096, 16384, 65536])
def test_no_limit_is_the_largest_number_of_whole_pages(page: int) -> None:
    assert parse_limit(str((2**63 - 1) // page * page)) is None


@pytest.mark.parametrize("text", ["", "1", "1 0", "1 -5", "max", "1 2 3", "max max max"])
def test_a_quota_without_a_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|literal|period"):
        parse_quota(text)


@given(st.text())
def test_no_membership_does_worse_than_being_refused(text: str) -> None:
    try:
        memberships = parse_membership(text)
    except ValueError:
        return
    assert len(memberships) <= text.count(",") + text.count("\n") + 1


def test_this_machine_has_no_more_than_it_has() -> None:
    group = read_control_group()
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 <= (group.memory_used or 0) <= physical
    assert group.memory_limit != 0
    assert group.cpu_limit != 0
    assert (group.cpu_throttled or 0) >= 0
