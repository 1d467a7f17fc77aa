"""A real Elasticsearch node, unpacked from the archive that ``tests/servers.sh`` has fetched."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.request import urlopen

from elasticsearch import Elasticsearch
from sockets import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "8.19.21"
#: The distribution of Elasticsearch's own integration tests: with index and component templates, data streams, search
#: and aggregations; without ILM, ``GET /``, painless and ingest processors.
ARCHIVE = Path.home().joinpath(
    ".m2/repository/org/elasticsearch/distribution/integ-test-zip/elasticsearch",
    f"{VERSION}/elasticsearch-{VERSION}.zip",
)
#: Seconds; a start takes six on two idle cores.
_START, _STOP = 180, 60
_SETTINGS = {
    "discovery.type": "single-node",
    "http.host": "127.0.0.1",
    "transport.host": "127.0.0.1",
    "transport.port": "0",
    "xpack.security.enabled": "false",
    "cluster.routing.allocation.disk.threshold_enabled": "false",
}
#: The node lives for seconds: the cheap compiler and collector bring it up a sixth sooner.
_JAVA_OPTIONS = "-Xms512m -Xmx512m -XX:TieredStopAtLevel=1 -XX:-UseG1GC -XX:+UseSerialGC"


@dataclass
class Node:
    """A cluster of one node."""

    url: str
    client: Elasticsearch
    directory: Path
    user: str | None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the node, with the data that it has, and wait until it answers."""
        home = self.directory / f"elasticsearch-{VERSION}"
        settings = {
            **_SETTINGS,
            "http.port": self.url.rpartition(":")[2],
            "path.data": str(self.directory / "data"),
            "path.logs": str(self.directory / "logs"),
        }
        environment = {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": _java_home(),
            "ES_JAVA_OPTS": _JAVA_OPTIONS,
            "ES_TMPDIR": str(self.directory / "tmp"),
        }
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    # It ends also with tests that are killed: with the thread, that is, that has started it.
                    *("setpriv", "--pdeathsig", "TERM"),
                    *("bash", home / "bin" / "elasticsearch"),
                    *(f"-E{name}={value}" for name, value in settings.items()),
                ],
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=pwd.getpwnam(self.user).pw_gid if self.user else None,
                extra_groups=[] if self.user else None,
            )
        deadline = monotonic() + _START
        while not self._is_ready():
            if self._process.poll() is not None or monotonic() > deadline:
                raise AssertionError(f"Elasticsearch has not started:\n{self._output.read_text()[-3000:]}")
            sleep(0.1)

    def stop(self) -> None:
        """End the node in order, and at once where that takes too long."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(_STOP)

    @property
    def _output(self) -> Path:
        return self.directory / "output"

    def _is_ready(self) -> bool:
        settled = f"{self.url}/_cluster/health?wait_for_events=languid&wait_for_no_initializing_shards=true&timeout=10s"
        try:
            with urlopen(settled, timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def elasticsearch_node() -> Iterator[Node]:
    """Run a node without data on a free port of the loopback interface."""
    if not ARCHIVE.is_file():
        raise FileNotFoundError(f"{ARCHIVE} is missing: tests/servers.sh fetches it")
    # Not below pytest's own directory: each new session closes that one to other users.
    directory = Path(tempfile.mkdtemp(prefix="payment-elasticsearch-"))
    user = "nobody" if os.getuid() == 0 else None  # the server refuses to run as root
    try:
        _unpack(directory, user)
        url = f"http://127.0.0.1:{free_port()}"
        with Elasticsearch(url, request_timeout=30, max_retries=0) as client:
            node = Node(url, client, directory, user)
            try:
                node.start()
                yield node
            finally:
                node.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _unpack(directory: Path, user: str | None) -> None:
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(directory)
    for name in ("data", "logs", "tmp"):
        (directory / name).mkdir()
    if user:
        shutil.chown(directory, user)
        for name in ("data", "logs", "tmp", f"elasticsearch-{VERSION}/config"):
            shutil.chown(directory / name, user)


def _java_home() -> str:
    program = shutil.which("java")
    if program is None:
        raise FileNotFoundError("java is missing: tests/servers.sh installs it")
    return str(Path(program).resolve().parents[1])
