"""Commands of the pages on a machine without Kubernetes."""

from __future__ import annotations

import pytest

from payment_bundle.drill.translation import Here, Translated, translate
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

HERE = Here("/logs/service.log", 101, "http://127.0.0.1:8081", "http://127.0.0.1:7070/debug", has_postgres=True)


@pytest.mark.parametrize(
    ("written", "run"),
    [
        (
            "kubectl logs --tail=-1 deployment/payment-service -n payment-service | grep ERROR | tail -50",
            "tail -c +101 /logs/service.log | grep ERROR | tail -50",
        ),
        (
            "kubectl logs --tail=200 deployment/payment-service -n payment-service",
            "tail -c +101 /logs/service.log | tail -n 200",
        ),
        (
            "kubectl logs -f deployment/payment-service -n payment-service | grep ERROR",
            "timeout 2 tail -c +101 -f /logs/service.log | grep ERROR",
        ),
        (
            'kubectl exec -it <pod-name> -n payment-service -- psql -h $DB_HOST -c "SELECT 1;"',
            'psql -h $DB_HOST -c "SELECT 1;"',
        ),
        (
            "time kubectl exec -it <pod-name> -n payment-service -- curl -X POST https://pay.fiuu.com/RMS/API",
            "time curl -X POST http://127.0.0.1:8081/RMS/API",
        ),
        (
            "kubectl exec -it <pod-name> -n payment-service -- curl 'http://localhost:6060/debug/pprof/heap?debug=1'",
            "curl 'http://127.0.0.1:7070/debug/heap?debug=1'",
        ),
        ("curl http://127.0.0.1:8080/metrics | grep db_", "curl http://127.0.0.1:8080/metrics | grep db_"),
    ],
)
def test_what_is_asked_of_a_pod_is_asked_here(written: str, run: str) -> None:
    assert translate(written, HERE) == Translated(run)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("kubectl top pods -n payment-service", "asks Kubernetes"),
        ("aws s3 ls s3://bucket/ | tail -5", "asks S3"),
        ("kubectl exec -it <pod-name> -n payment-service -- ping -c 5 pay.fiuu.com", "leaves this machine"),
    ],
)
def test_what_cannot_be_run_says_why(written: str, reason: str) -> None:
    assert translate(written, HERE) == Translated("", reason)


def test_sqlite_has_no_psql() -> None:
    here = Here("/log", 1, "http://127.0.0.1:1", "http://127.0.0.1:2", has_postgres=False)
    found = translate("kubectl exec -it <pod-name> -n payment-service -- psql -h $DB_HOST", here)
    assert found == Translated("", "the database is a file of SQLite")


def test_no_command_of_any_page_reaches_a_cluster_or_leaves_the_machine() -> None:
    for incident in build_catalog(Settings()).incidents.values():
        commands = [*incident.diagnosis, *(command for cause in incident.causes for command in cause.commands)]
        for command in commands:
            shell = translate(command.shell, HERE).shell
            assert not any(word in shell for word in ("kubectl", "aws ", "fiuu.com", "<pod", "<time")), shell
