"""A real Prometheus with the generated jobs for Kubernetes, and the alerts' expressions on what is published there."""

from __future__ import annotations

import os
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from sockets import free_port

from payment_alerts.groups import alert_groups
from payment_alerts.prometheus import prometheus as prometheus_documents
from payment_alerts.promtool import Promtool
from payment_bundle.demo.child import start
from payment_bundle.prometheus_api import PrometheusApi
from payment_catalog.catalog import build_catalog
from payment_catalog.kubernetes_metrics import CADVISOR, KUBE_STATE_METRICS, KUBERNETES_METRICS
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment
from payment_catalog.settings.scraping import Scraping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Wait

    from payment_bundle.prometheus_api import Sample

#: As the programs write it, for a pod that is waiting and another one of a namespace that is none of ours.
PUBLISHED = {
    "/metrics": """
# TYPE kube_pod_status_phase gauge
kube_pod_status_phase{namespace="shop",pod="checkout-7d9c",uid="1",phase="Pending"} 1
kube_pod_status_phase{namespace="shop",pod="checkout-7d9c",uid="1",phase="Succeeded"} 0
kube_pod_status_phase{namespace="shop",pod="checkout-7d9c",uid="1",phase="Failed"} 0
kube_pod_status_phase{namespace="shop",pod="checkout-7d9c",uid="1",phase="Unknown"} 0
kube_pod_status_phase{namespace="shop",pod="checkout-7d9c",uid="1",phase="Running"} 0
kube_pod_status_phase{namespace="kube-system",pod="dns-5f",uid="2",phase="Pending"} 1
# TYPE kube_deployment_spec_replicas gauge
kube_deployment_spec_replicas{namespace="shop",deployment="checkout"} 3
kube_deployment_spec_replicas{namespace="kube-system",deployment="dns"} 3
# TYPE kube_deployment_status_replicas_available gauge
kube_deployment_status_replicas_available{namespace="shop",deployment="checkout"} 2
kube_deployment_status_replicas_available{namespace="kube-system",deployment="dns"} 2
# TYPE kube_deployment_status_condition gauge
kube_deployment_status_condition{namespace="shop",deployment="checkout",reason="ProgressDeadlineExceeded",\
condition="Progressing",status="true"} 0
kube_deployment_status_condition{namespace="shop",deployment="checkout",reason="ProgressDeadlineExceeded",\
condition="Progressing",status="false"} 1
kube_deployment_status_condition{namespace="shop",deployment="checkout",reason="ProgressDeadlineExceeded",\
condition="Progressing",status="unknown"} 0
# TYPE kube_cronjob_created gauge
kube_cronjob_created{namespace="shop",cronjob="checkout-log-archive"} 1.7e+09
kube_cronjob_created{namespace="kube-system",cronjob="dns"} 1.7e+09
# TYPE kube_cronjob_status_last_successful_time gauge
kube_cronjob_status_last_successful_time{namespace="shop",cronjob="checkout-log-archive"} 1.7e+09
# TYPE kube_resourcequota gauge
kube_resourcequota{namespace="shop",resourcequota="compute",resource="limits.memory",type="hard"} 8e+09
kube_resourcequota{namespace="shop",resourcequota="compute",resource="limits.memory",type="used"} 8e+09
# TYPE kube_node_info gauge
kube_node_info{node="node-1"} 1
""",
    "/metrics/cadvisor": """
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="",id="/",image="",name="",namespace="",pod=""} 9e+09 1395066363000
container_memory_working_set_bytes{container="",id="/kubepods/pod1",image="",name="",namespace="shop",\
pod="checkout-7d9c"} 2.6e+08 1395066363000
container_memory_working_set_bytes{container="checkout",id="/kubepods/pod1/a",image="i",name="a",namespace="shop",\
pod="checkout-7d9c"} 2.6e+08 1395066363000
# TYPE container_spec_memory_limit_bytes gauge
container_spec_memory_limit_bytes{container="",id="/",image="",name="",namespace="",pod=""} 0
container_spec_memory_limit_bytes{container="",id="/kubepods/pod1",image="",name="",namespace="shop",\
pod="checkout-7d9c"} 2.68435456e+08
container_spec_memory_limit_bytes{container="checkout",id="/kubepods/pod1/a",image="i",name="a",namespace="shop",\
pod="checkout-7d9c"} 2.68435456e+08
# TYPE container_threads gauge
container_threads{container="checkout",id="/kubepods/pod1/a",image="i",name="a",namespace="shop",\
pod="checkout-7d9c"} 9
""",
}
#: What such a kubelet asks for, and the stub cannot have.
IDENTIFICATION = {"scheme", "authorization", "tls_config"}


class Cluster(BaseHTTPRequestHandler):
    """kube-state-metrics and a kubelet in one."""

    def do_GET(self) -> None:
        text = PUBLISHED.get(self.path)
        self.send_response(200 if text else 404)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    Thread(target=server.serve_forever, daemon=True).start()
    target = f"127.0.0.1:{server.server_port}"
    place = Environment(service=("a:1",), exporter=("b:1",), kube_state_metrics=(target,), kubelet=(target,))
    yield Settings.model_validate(
        {
            "service": "checkout",
            "namespace": "shop",
            "environments": {"staging": place},
            "scraping": Scraping.model_validate({"interval": "1s", "timeout": "1s", "evaluation_interval": "1s"}),
        }
    )
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def configuration(settings: Settings) -> dict[str, Any]:
    document = prometheus_documents(build_catalog(settings))["prometheus/prometheus.yml"]
    content: dict[str, Any] = document.content  # type: ignore[union-attr, assignment]
    return content


@pytest.fixture(scope="module")
def prometheus(configuration: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    directory, port = tmp_path_factory.mktemp("kubernetes"), free_port()
    jobs = [
        {key: value for key, value in job.items() if key not in IDENTIFICATION}
        for job in configuration["scrape_configs"]
    ]
    file = directory / "prometheus.yml"
    file.write_text(yaml.safe_dump({**configuration, "scrape_configs": jobs, "alerting": {}}))
    with ExitStack() as stack:
        child = start(
            "prometheus",
            (
                "prometheus",
                f"--config.file={file}",
                f"--storage.tsdb.path={directory}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ),
            {"PATH": os.environ["PATH"]},
            directory / "prometheus.log",
        )
        stack.callback(child.stop)
        child.wait_ready(f"http://127.0.0.1:{port}/-/ready", 60)
        yield PrometheusApi(f"http://127.0.0.1:{port}")


@pytest.fixture
def scraped(prometheus: PrometheusApi, wait: Wait) -> PrometheusApi:
    wait("both scrapes", 60, lambda: prometheus.value(f'sum(up{{job=~"{KUBE_STATE_METRICS}|{CADVISOR}"}})') == 2)
    return prometheus


def test_promtool_accepts_the_jobs(configuration: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    assert Promtool().check_config(file) == ()
    (kubelet,) = (job for job in configuration["scrape_configs"] if job["job_name"] == CADVISOR)
    assert kubelet.keys() >= IDENTIFICATION


@pytest.mark.parametrize("job", [KUBE_STATE_METRICS, CADVISOR])
def test_only_what_alerts_read_is_stored_and_only_of_the_namespace(
    scraped: PrometheusApi, wait: Wait, job: str
) -> None:
    declared = {metric.name: {*metric.label_names} for metric in KUBERNETES_METRICS if metric.published_by == job}
    samples: list[Sample] = []
    stored = f'{{job="{job}", __name__=~"kube_.*|container_.*"}}'
    # A scrape that came too late on a busy machine hides everything until the next one.
    wait("what is stored", 60, lambda: samples.extend(scraped.query(stored)) or bool(samples))
    for sample in samples:
        own = sample.labels.keys() - {"__name__", "environment", "namespace", "job", "instance"}
        assert own <= declared[sample.labels["__name__"]]
        assert (sample.labels["namespace"], sample.labels["environment"]) == ("shop", "staging")


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("PodNotReady", {"pod": "checkout-7d9c"}, 1),
        ("RolloutStuck", {"deployment": "checkout"}, 1),
        ("ReplicasMissing", {"deployment": "checkout"}, 1),
        ("QuotaExhausted", {"resourcequota": "compute", "resource": "limits.memory"}, 1),
        ("ContainerMemoryNearLimit", {"pod": "checkout-7d9c", "container": "checkout"}, 2.6e8 / 2**28),
    ],
)
def test_the_alert_sees_it(
    scraped: PrometheusApi, settings: Settings, wait: Wait, name: str, labels: dict[str, str], value: float
) -> None:
    (alert,) = (
        alert for group in alert_groups(build_catalog(settings)) for alert in group.alerts if alert.name == name
    )
    found: list[Sample] = []
    wait(f"what {name} compares", 60, lambda: found.extend(scraped.query(alert.expr)) or bool(found))
    (sample,) = found
    job = CADVISOR if "container" in labels else KUBE_STATE_METRICS
    assert sample.labels == {"environment": "staging", "namespace": "shop", "job": job, **labels}
    assert sample.value == pytest.approx(value)
