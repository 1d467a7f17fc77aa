"""The exporter as Prometheus, an operator and a stranger meet it."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING

import psutil
import pytest
import requests
from exporter.program import Program, exporter
from sockets import free_port
from waiting import wait_until

from payment_catalog.exporter_metrics import operation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
ONLY_HOST = ("--no-collector.business", "--no-collector.postgres", "--no-collector.redis", "--no-collector.probe")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """An exporter of the host and of backups, which nobody needs a server for."""
    with exporter(tmp_path_factory.mktemp("host"), *ONLY_HOST) as program:
        yield program


def test_metrics_are_served_in_both_formats(host: Program) -> None:
    plain = host.get(headers={"Accept": "text/plain"})
    assert plain.headers["Content-Type"].startswith("text/plain; version=")
    assert "# TYPE host_cpu_seconds_total counter" in plain.text
    modern = host.get(headers={"Accept": OPENMETRICS})
    assert modern.headers["Content-Type"].startswith("application/openmetrics-text")
    assert "# TYPE host_cpu_seconds counter" in modern.text
    assert modern.text.endswith("# EOF\n")


def test_metrics_are_compressed_for_who_accepts_it(host: Program) -> None:
    compressed = host.get(headers={"Accept-Encoding": "gzip"})
    plain = host.get(headers={"Accept-Encoding": "identity"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(compressed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert "host_cpu_seconds_total" in compressed.text


def test_a_scrape_may_ask_for_some_collectors(host: Program) -> None:
    samples = host.samples("/metrics?collect[]=backup")
    assert ("backup_files", ()) in samples
    assert not [name for name, _ in samples if name.startswith("host_")]
    refused = host.get("/metrics?collect[]=redis")
    assert refused.status_code == 400
    assert refused.text == "no collector 'redis'; there are host, backup\n"


def test_who_looks_around_finds_the_way(host: Program) -> None:
    landing = host.get("/")
    assert landing.headers["Content-Type"].startswith("text/html")
    assert 'href="/metrics"' in landing.text
    assert host.get("/-/healthy").text == "ok\n"
    assert requests.head(f"{host.url}/metrics", timeout=30).status_code == 200
    assert host.get("/nowhere").status_code == 404
    assert host.get("/-/reload").status_code == 405
    assert requests.post(f"{host.url}/metrics", timeout=30).status_code == 405


@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", "inf", "1" * 400])
def test_a_time_out_that_is_none_is_refused(host: Program, value: str) -> None:
    answer = host.get(headers={"X-Prometheus-Scrape-Timeout-Seconds": value})
    assert answer.status_code == 400
    assert "X-Prometheus-Scrape-Timeout-Seconds" in answer.text


@pytest.fixture
def black_hole() -> Iterator[dict[str, str]]:
    """A database that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield {"DB_HOST": "127.0.0.1", "DB_PORT": str(server.getsockname()[1])}


def test_prometheus_is_answered_before_it_gives_up(tmp_path: Path, black_hole: dict[str, str]) -> None:
    """The collectors' own time-out is far beyond what this test waits for."""
    flags = ("--collector.timeout=2m", "--no-collector.redis", "--no-collector.probe")
    with exporter(tmp_path, *flags, environment=black_hole) as program:
        found = program.successes(headers={"X-Prometheus-Scrape-Timeout-Seconds": "1.5"})
        assert found == {"business": 0, "postgres": 0, "host": 1, "backup": 1}
        assert any("collector=business reason=has not ended within" in event for event in program.events())


def test_more_scrapes_than_allowed_wait_and_are_refused_in_time(tmp_path: Path, black_hole: dict[str, str]) -> None:
    flags = ("--collector.timeout=2m", "--web.max-requests=1", "--no-collector.redis", "--no-collector.probe")
    with exporter(tmp_path, *flags, environment=black_hole) as program:
        patient = threading.Thread(
            target=lambda: requests.get(
                f"{program.url}/metrics", headers={"X-Prometheus-Scrape-Timeout-Seconds": "4"}, timeout=30
            )
        )
        patient.start()

        def refused() -> bool:
            answer = program.get(headers={"X-Prometheus-Scrape-Timeout-Seconds": "0.2"})
            return answer.status_code == 503 and answer.headers["Retry-After"] == "5"

        wait_until("a scrape is refused while another one takes the only place", refused)
        assert program.get("/-/healthy").ok
        patient.join(30)
        wait_until(
            "the place is free again",
            lambda: program.get(headers={"X-Prometheus-Scrape-Timeout-Seconds": "2"}).status_code == 200,
        )


def test_a_scrape_under_way_is_answered_before_the_end(tmp_path: Path, black_hole: dict[str, str]) -> None:
    flags = ("--collector.timeout=2s", "--no-collector.redis", "--no-collector.probe")
    answers: list[requests.Response] = []
    with exporter(tmp_path, *flags, environment=black_hole) as program:
        scrape = threading.Thread(target=lambda: answers.append(requests.get(f"{program.url}/metrics", timeout=30)))
        scrape.start()
        wait_until("the scrape has begun", lambda: len(connections_of(program)) >= 1)
        program.process.send_signal(signal.SIGTERM)
        scrape.join(30)
        assert program.process.wait(30) == 0
    assert answers[0].status_code == 200
    assert 'payment_exporter_collector_success{collector="host"} 1.0' in answers[0].text


def connections_of(program: Program) -> list[object]:
    return [
        connection
        for connection in psutil.Process(program.process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_ESTABLISHED
        and connection.raddr
        and connection.laddr.port != port_of(program)
    ]


def port_of(program: Program) -> int:
    return int(program.url.rpartition(":")[2])


def reload_succeeded(program: Program) -> float:
    return program.samples()[operation.CONFIG_RELOAD_SUCCESS.name, ()]


def measured(program: Program) -> set[str]:
    return set(program.successes())


@pytest.mark.parametrize("how", ["signal", "request"])
def test_a_changed_file_is_taken_and_a_bad_one_keeps_the_old(tmp_path: Path, how: str) -> None:
    file = tmp_path / "exporter.yaml"
    file.write_text("collectors: {business: {enabled: false}, postgres: {enabled: false}, redis: {enabled: false}}")

    def reload(expected: int) -> None:
        if how == "signal":
            program.hang_up()
        else:
            assert requests.post(f"{program.url}/-/reload", timeout=30).status_code == expected

    with exporter(tmp_path, f"--config.file={file}", "--no-collector.probe") as program:
        before = program.samples()
        assert measured(program) == {"host", "backup"}
        assert reload_succeeded(program) == 1

        file.write_text("collectors: {host: {enabled: perhaps}}")
        reload(500)
        wait_until("the bad file shows", lambda: reload_succeeded(program) == 0)
        assert measured(program) == {"host", "backup"}
        assert any(
            f"configuration kept reason={file}:1: collectors.host.enabled" in event for event in program.events()
        )

        file.write_text("collectors: {business: {enabled: false}, postgres: {enabled: false}, host: {enabled: false}}")
        reload(200)
        wait_until("the good file shows", lambda: reload_succeeded(program) == 1)
        assert measured(program) == {"redis", "backup"}
        since = (operation.CONFIG_RELOAD_TIME.name, ())
        assert program.samples()[since] > before[since]


def test_what_a_collector_has_achieved_outlives_a_reload(host: Program) -> None:
    def last_success() -> float:
        return host.samples("/metrics?collect[]=host")[operation.COLLECTOR_LAST_SUCCESS.name, (("collector", "host"),)]

    first = last_success()
    assert first > 0
    assert requests.post(f"{host.url}/-/reload", timeout=30).text == "configuration loaded\n"
    assert last_success() >= first


def test_many_services_are_probed_from_one_exporter(tmp_path: Path) -> None:
    """A service is probed when its origin is on the list; what is not is refused, and never asked."""
    with exporter(tmp_path / "..", *ONLY_HOST) as target:
        port = port_of(target)
        flags = (*ONLY_HOST, f"--collector.probe.allow=http://127.0.0.1:{port}")
        with exporter(tmp_path, *flags) as program:
            samples = program.samples(f"/probe?target=http://127.0.0.1:{port}")
            assert {
                (dict(labels)["endpoint"], dict(labels)["target"])
                for name, labels in samples
                if name == "payment_probe_http_status_code"
            } == {("health", f"http://127.0.0.1:{port}"), ("ready", f"http://127.0.0.1:{port}")}
            refused = program.get(f"/probe?target=http://127.0.0.1:{free_port()}")
            assert refused.status_code == 403
            assert program.get("/probe").status_code == 400
            assert program.get("/probe?target=a&target=b").status_code == 400
