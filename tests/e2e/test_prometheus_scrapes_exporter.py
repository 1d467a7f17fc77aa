"""A real Prometheus scrapes the exporter over mutual TLS with a password, and probes services through it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import bcrypt
import pytest
import yaml
from exporter.certificates import LOOPBACK, Authority
from exporter.program import CLEAN, COMMAND
from sockets import free_port

from payment_bundle.demo.child import start
from payment_bundle.prometheus_api import PrometheusApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Wait

    from payment_bundle.prometheus_api import Sample

PASSWORD = "a-password-of-the-end-to-end-tests"
COLLECTORS = ("--no-collector.business", "--no-collector.postgres", "--no-collector.redis", "--no-collector.probe")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    directory = tmp_path_factory.mktemp("scraped")
    port, own_port, service_port = free_port(), free_port(), free_port()
    authority = Authority("exporters")
    (directory / "ca.pem").write_bytes(authority.certificate)
    authority.issue(LOOPBACK).write(directory, "server")
    authority.issue().write(directory, "client")
    write(
        directory / "web.yml",
        {
            "tls_server_config": {
                "cert_file": "server.crt",
                "key_file": "server.key",
                "client_auth_type": "RequireAndVerifyClientCert",
                "client_ca_file": "ca.pem",
            },
            "basic_auth_users": {"prometheus": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(6)).decode()},
        },
    )
    (directory / "password").write_text(PASSWORD)
    write(directory / "prometheus.yml", scraping(directory, port, service_port))
    with ExitStack() as stack:
        for name, command in (
            # Stands for a service that answers, though it has neither /health nor /ready.
            ("service", (COMMAND, f"--web.listen-address=127.0.0.1:{service_port}", *COLLECTORS)),
            (
                "exporter",
                (
                    COMMAND,
                    f"--web.listen-address=127.0.0.1:{port}",
                    f"--web.config.file={directory}/web.yml",
                    f"--collector.probe.allow=http://127.0.0.1:{service_port}",
                    *COLLECTORS,
                ),
            ),
            (
                "prometheus",
                (
                    "prometheus",
                    f"--config.file={directory}/prometheus.yml",
                    f"--storage.tsdb.path={directory}/data",
                    f"--web.listen-address=127.0.0.1:{own_port}",
                ),
            ),
        ):
            child = start(name, command, {**CLEAN, "PATH": os.environ["PATH"]}, directory / f"{name}.log")
            stack.callback(child.stop)
        child.wait_ready(f"http://127.0.0.1:{own_port}/-/ready", 60)
        yield PrometheusApi(f"http://127.0.0.1:{own_port}")


def scraping(directory: Path, port: int, service_port: int) -> dict[str, object]:
    identified = {
        "scheme": "https",
        "tls_config": {
            "ca_file": f"{directory}/ca.pem",
            "cert_file": f"{directory}/client.crt",
            "key_file": f"{directory}/client.key",
        },
        "basic_auth": {"username": "prometheus", "password_file": f"{directory}/password"},
    }
    stranger = {**identified, "basic_auth": {"username": "prometheus", "password": "a guess"}}
    exporter = [{"targets": [f"127.0.0.1:{port}"]}]
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [
            {"job_name": "exporter", "static_configs": exporter, **identified},
            {"job_name": "stranger", "static_configs": exporter, **stranger},
            {
                "job_name": "services",
                "metrics_path": "/probe",
                "static_configs": [{"targets": [f"http://127.0.0.1:{service_port}", "http://127.0.0.1:1"]}],
                "relabel_configs": [
                    {"source_labels": ["__address__"], "target_label": "__param_target"},
                    {"source_labels": ["__param_target"], "target_label": "instance"},
                    {"target_label": "__address__", "replacement": f"127.0.0.1:{port}"},
                ],
                **identified,
            },
        ],
    }


def write(file: Path, content: object) -> None:
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_who_shows_certificate_and_password_gets_the_figures(prometheus: PrometheusApi, wait: Wait) -> None:
    # A scrape that comes too late on a busy machine hides everything until the next one.
    success = 'payment_exporter_collector_success{job="exporter", collector="host"}'
    wait("a scrape", 60, lambda: prometheus.value(f"{success} and on (job) host_memory_total_bytes > 0") == 1)


def test_who_guesses_the_password_gets_nothing(prometheus: PrometheusApi, wait: Wait) -> None:
    wait("an attempt", 60, lambda: prometheus.value('up{job="stranger"}') == 0)
    assert prometheus.query('{job="stranger", __name__=~"payment_.*|host_.*"}') == ()


def test_services_are_probed_through_it_and_a_stranger_is_not(prometheus: PrometheusApi, wait: Wait) -> None:
    wait("both targets", 60, lambda: len(prometheus.query('up{job="services"}')) == 2)
    wait("a probe", 60, lambda: prometheus.value('sum(up{job="services"})') == 1)
    found: list[Sample] = []
    probed = 'payment_probe_http_status_code{job="services", endpoint="health"}'
    wait("the figures of a probe", 60, lambda: found.extend(prometheus.query(probed)) or bool(found))
    (health,) = found
    assert health.value == 404
    assert health.labels["instance"] == health.labels["target"] != "http://127.0.0.1:1"
