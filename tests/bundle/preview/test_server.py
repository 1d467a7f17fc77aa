"""The live page's server, and the command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from bundle.preview.conftest import SCRAPE
from command_line import payobs
from sockets import free_port
from waiting import wait_until

from payment_bundle.demo.ports import PortTakenError
from payment_bundle.preview.assets import PackagesMissingError, require_packages
from payment_bundle.preview.server import serve_dashboards

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.preview.documents import Dashboards
    from payment_bundle.prometheus_api import PrometheusApi


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/d/nothing", 404, "there is no dashboard &#39;nothing&#39;; there are everything, other"),
        ("/d/%3Cscript%3E", 404, "&lt;script&gt;"),
        ("/nowhere", 404, "there is no page /nowhere"),
        ("/static/secret.txt", 404, "there is no page"),
        ("/d/everything?from=tomorrow", 400, "expected a time such as now-1h"),
        ("/d/everything?from=now&to=now-1h", 400, "the range must begin before it ends"),
    ],
)
def test_what_is_not_there_is_said_in_words(live: str, path: str, status: int, words: str) -> None:
    answer = get(f"{live}{path}")
    assert answer.status_code == status
    assert words in answer.text


def test_scripts_come_from_here_only(live: str) -> None:
    answer = get(f"{live}/d/everything")
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    assert get(f"{live}/d/everything/some-title").status_code == 200


def test_scripts_are_kept_by_the_browser(live: str) -> None:
    answer = get(f"{live}/static/plotly.min.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


def test_names_of_other_machines_are_refused(live: str) -> None:
    assert get(f"{live}/d/everything", Host="evil.example").status_code == 400


def test_nothing_of_a_query_comes_from_the_browser(live: str) -> None:
    hostile = 'x"} or vector(1) or up{job="'
    answer = get(
        f"{live}/d/everything/panels?var-environment={requests.utils.quote(hostile)}&query=up&var-new=1"
    ).json()
    states = {panel["id"]: panel["state"] for panel in answer["panels"]}
    assert states[2] == states[5] == states[7] == "empty"
    assert "<script" not in answer["variables"]


def test_a_taken_port_is_said(dashboards: Dashboards, prometheus: PrometheusApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(PortTakenError, match=f"port {port} is in use"),
            serve_dashboards(dashboards, prometheus, SCRAPE, port),
        ):
            pass
        ended = payobs("preview", "--serve", "--port", str(port), "--prometheus", prometheus.url)
        assert (ended.code, ended.out) == (2, "")
        assert f"port {port} is in use; choose another with --port" in ended.err


def test_a_missing_package_is_said_in_one_line() -> None:
    require_packages("plotly", "starlette")
    with pytest.raises(PackagesMissingError) as raised:
        require_packages("plotly", "not_installed_anywhere")
    assert str(raised.value) == (
        "not_installed_anywhere: not installed; install it with: pip install 'payment-observability[preview]'"
    )


def test_the_command_writes_pages(prometheus: PrometheusApi, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    wanted = ("--range", "1h", "--dashboard", "payment-service")
    ended = payobs("preview", "--prometheus", prometheus.url, "--out", str(out), *wanted)
    assert ended.code == 0, ended.err
    assert "0 failed" in ended.out
    assert sorted(file.name for file in out.iterdir()) == ["index.html", "payment-service.html"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--dashboard", "nothing"), 2, "there is no dashboard 'nothing'; there are payment-service"),
        (("--var", "nothing=1"), 2, "--var: expected NAME=VALUE"),
        (("--range", "soon"), 2, "expected a time such as now-1h"),
        (("--range", "1h", "--from", "now-1h"), 2, "exclude each other"),
        (("--dashboard", "payment-service"), 1, ""),
    ],
)
def test_what_the_command_cannot_do(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    ended = payobs("preview", "--prometheus", away, "--out", str(tmp_path / "pages"), *arguments)
    assert ended.code == code, ended.err
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_the_command_serves_until_it_is_told_to_end(prometheus: PrometheusApi) -> None:
    port = free_port()
    command = (sys.executable, "-m", "payment_bundle", "preview", "--serve", "--port", str(port))
    with subprocess.Popen((*command, "--prometheus", prometheus.url), stdout=subprocess.PIPE, text=True) as running:

        def answers() -> bool:
            try:
                return get(f"http://127.0.0.1:{port}/").status_code == 200
            except requests.ConnectionError:
                return False

        wait_until("the page answers", answers)
        os.kill(running.pid, signal.SIGTERM)
        said, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert f"http://127.0.0.1:{port}: the dashboards from {prometheus.url}" in said
