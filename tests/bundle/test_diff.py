"""``payobs diff`` and ``payobs diff WHAT`` against stubs of the servers: what differs, in words and as JSON."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import elasticsearch_objects_stub
import grafana_stub
import kibana_stub
import pytest
import yaml
from command_line import Result, payobs
from elasticsearch_objects_stub import StubElasticsearch, stub_elasticsearch
from grafana_stub import stub_grafana
from kibana_stub import StubKibana, stub_kibana
from sockets import free_port
from stub_server import Answer, serving
from urllib3.util.retry import Retry

from payment_bundle.generation import generate_documents
from payment_bundle.rendering import render
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_logging.kibana import saved_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payment_catalog.documents import Documents

POLICY = "/_ilm/policy/logs-payment-service"
MAPPINGS = "/_component_template/logs-payment-service@mappings"
OBJECTS = saved_objects(Settings())
NOTE = '{"type": "text"}'
COLUMNS = '["level", "event", "reason", "route", "exception", "request_id"]'


class Desk:
    """Where somebody types the commands."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = self.file("bundle.yaml", "")

    def file(self, name: str, content: str) -> Path:
        file = self.directory / name
        file.write_text(content)
        file.chmod(0o600)
        return file

    def payobs(self, *arguments: str) -> Result:
        return payobs(*arguments, "--config", str(self.config))

    def to(self, what: str, target: str, url: str, key: str) -> Result:
        return self.payobs(what, target, "--url", url, "--api-key-file", str(self.file("key", key)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def elasticsearch(desk: Desk) -> Iterator[StubElasticsearch]:
    with stub_elasticsearch() as server:
        assert desk.to("push", "elasticsearch", server.url, elasticsearch_objects_stub.KEY).code == 0
        server.writes.clear()
        yield server
        assert server.writes == []


@pytest.fixture
def kibana(desk: Desk) -> Iterator[StubKibana]:
    with stub_kibana() as server:
        assert desk.to("push", "kibana", server.url, kibana_stub.KEY).code == 0
        yield server
        assert server.imports == 1


def test_a_cluster_that_has_everything_is_as_generated(desk: Desk, elasticsearch: StubElasticsearch) -> None:
    result = desk.to("diff", "elasticsearch", elasticsearch.url, elasticsearch_objects_stub.KEY)
    assert result == Result(0, f"{elasticsearch.url}: 8 objects and 4 data streams are as generated\n", "")


def test_what_a_push_would_change_in_a_cluster_is_told(desk: Desk, elasticsearch: StubElasticsearch) -> None:
    objects = elasticsearch.objects = copy.deepcopy(elasticsearch.objects)
    objects[POLICY]["policy"]["phases"]["delete"]["min_age"] = "3650d"
    objects[MAPPINGS]["template"]["mappings"]["properties"]["note"] = {"type": "text"}
    del objects["/_security/role/logs-payment-service-reader"]
    stream = "logs-payment-service-audit"
    elasticsearch.indices[elasticsearch.streams[stream][-1]] = {"properties": {}}
    del elasticsearch.streams["logs-payment-service-access"]
    result = desk.to("diff", "elasticsearch", elasticsearch.url, elasticsearch_objects_stub.KEY)
    mappings = "component template logs-payment-service@mappings"
    assert result.code == 1
    assert set(result.out.splitlines()[:-1]) == {
        "  ~ lifecycle policy logs-payment-service: policy.phases.delete.min_age is 3650d, generated is 30d",
        f"  ~ {mappings}: template.mappings.properties.note is {NOTE}, which is not generated",
        "  + role logs-payment-service-reader: is missing",
        f"  ~ data stream {stream}: its newest index was made by other templates; a push rolls it over",
        "  + data stream logs-payment-service-access: is missing",
    }
    assert result.out.endswith(f"{elasticsearch.url}: 5 differences in 8 objects and 4 data streams\n")


def test_a_cluster_that_cannot_be_asked_ends_with_2(desk: Desk, elasticsearch: StubElasticsearch) -> None:
    result = desk.to("diff", "elasticsearch", elasticsearch.url, "b3RoZXI6a2V5")
    assert (result.code, result.out) == (2, "")
    assert "does not accept the account (401: " in result.err


def test_what_somebody_changed_in_kibana_is_told(desk: Desk, kibana: StubKibana) -> None:
    assert desk.to("diff", "kibana", kibana.url, kibana_stub.KEY).code == 0
    stored = kibana.spaces[""] = copy.deepcopy(kibana.spaces[""])
    search = stored["search", "payment-service-logs-error"]
    search["attributes"]["columns"] = ["level"]
    source = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"] = json.dumps(
        {**source, "query": {"query": "level: *", "language": "kuery"}}, indent=1
    )
    search["references"] = []
    search["attributes"]["added by Kibana"] = True
    del stored["search", "payment-service-logs-rate-limit"]
    result = desk.to("diff", "kibana", kibana.url, kibana_stub.KEY)
    assert result.code == 1
    subject = "  ~ saved search 'Errors in the logs of payment-service'"
    lines = result.out.splitlines()
    assert f'{subject}: columns is ["level"], generated is {COLUMNS}' in lines
    path = "kibanaSavedObjectMeta.searchSourceJSON.query.query"
    assert f'{subject}: {path} is "level: *", generated is "level: \\"ERROR\\""' in lines
    assert f"{subject}: refers to nothing, generated is index-pattern payment-service-logs" in lines
    assert "  + saved search 'Rate limits in the logs of payment-service': is missing" in lines
    assert len(lines) == 5
    stored.clear()
    assert desk.to("diff", "kibana", kibana.url, kibana_stub.KEY).out.count(": is missing\n") == len(OBJECTS)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(200, b"<html>"), "answered 200 with something that is not Kibana's JSON"),
        (Answer(200, b"[1]"), "answers with JSON that is not Kibana's; is the address right?"),
        (Answer(400, {"message": "no"}), "refuses it (400: no)"),
        (Answer(302, None, {"Location": "/login"}), "redirects to /login (302)"),
    ],
)
def test_an_export_that_is_none_is_said(desk: Desk, kibana: StubKibana, answer: Answer, said: str) -> None:
    kibana.canned[kibana_stub.EXPORT] = answer
    result = desk.to("diff", "kibana", kibana.url, kibana_stub.KEY)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


@pytest.fixture(scope="module")
def documents() -> Documents:
    return generate_documents(build_catalog(Settings()))


@pytest.fixture
def manifests(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """The generated manifests, by their files; they are generated once."""
    monkeypatch.setattr("payment_bundle.generation.generate_documents", lambda _: documents)
    return {
        path: list(yaml.load_all(render(path, document), Loader=yaml.CSafeLoader))
        for path, document in documents.items()
        if path.startswith("kubernetes/") and "/overlays/" not in path and path.endswith(".yaml")
    }


def as_in_a_cluster(manifests: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return what ``kubectl get -o yaml`` prints of them: a list, with what the cluster adds."""
    documents = [copy.deepcopy(document) for contents in manifests.values() for document in contents]
    items = [item for document in documents for item in document.get("items", [document]) if "metadata" in item]
    for item in items:
        item["metadata"] |= {"uid": "0d0d", "resourceVersion": "7", "creationTimestamp": "2026-11-25T10:00:00Z"}
        item["status"] = {"observedGeneration": 1}
    return {"apiVersion": "v1", "kind": "List", "items": items}


def deployment(cluster: dict[str, Any]) -> dict[str, Any]:
    items: list[dict[str, Any]] = cluster["items"]
    return next(
        item for item in items if (item["kind"], item["metadata"]["name"]) == ("Deployment", "payment-exporter")
    )


def test_objects_as_a_cluster_prints_them_are_as_generated(
    desk: Desk, manifests: dict[str, list[dict[str, Any]]]
) -> None:
    cluster = as_in_a_cluster(manifests)
    spec = deployment(cluster)["spec"]
    spec["progressDeadlineSeconds"] = 600
    (container,) = spec["template"]["spec"]["containers"]
    container["terminationMessagePath"] = "/dev/termination-log"
    for amounts in container["resources"].values():
        amounts.update({name: same_quantity(amount) for name, amount in amounts.items()})
    cluster["items"].append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}, "data": {}})
    file = desk.file("cluster.yaml", yaml.dump(cluster, Dumper=yaml.CSafeDumper))
    result = desk.payobs("diff", "kubernetes", str(file))
    assert result.code == 0, result.out
    assert "  (1 objects of others not compared)\n" in result.out


def same_quantity(amount: str) -> str:
    """Return the amount in another unit."""
    return f"{int(amount[:-2]) * 1024}Ki" if amount.endswith("Mi") else f"{int(amount[:-1]) / 1000:g}"


def test_what_an_apply_would_change_is_told(desk: Desk, manifests: dict[str, list[dict[str, Any]]]) -> None:
    cluster = as_in_a_cluster(manifests)
    found = deployment(cluster)
    found["spec"]["replicas"] = 3
    (container,) = found["spec"]["template"]["spec"]["containers"]
    container["image"] = "other/exporter:1"
    container["env"].append({"name": "DEBUG", "value": "1"})
    logging = next(item for item in cluster["items"] if item["metadata"]["name"] == "logging-config")
    lines = logging["data"]["fluent.conf"].splitlines()
    logging["data"]["fluent.conf"] = "\n".join([lines[0], "# mine", *lines[1:]])
    logging["data"]["mine.conf"] = "x"
    gone = cluster["items"].pop(0)
    directory = desk.directory / "live"
    directory.mkdir()
    (directory / "cluster.json").write_text(json.dumps(cluster))
    result = desk.payobs("diff", "kubernetes", str(directory))
    assert result.code == 1
    where = "Deployment payment-exporter in payment-service"
    place = "spec.template.spec.containers.payment-exporter"
    assert f"  ~ {where}: spec.replicas is 3, generated is 1\n" in result.out
    assert f"  ~ {where}: {place}.image is other/exporter:1, generated is your-registry/payment-exporter:" in result.out
    assert (
        f'  ~ {where}: {place}.env.DEBUG is {{"name": "DEBUG", "value": "1"}}, which is not generated\n' in result.out
    )
    assert "  ~ ConfigMap logging-config in payment-service: data.fluent.conf differs from line 2 on\n" in result.out
    assert (
        "  ~ ConfigMap logging-config in payment-service: data.mine.conf is x, which is not generated\n" in result.out
    )
    assert f"  + {gone['kind']} {gone['metadata']['name']} in payment-service: is missing\n" in result.out
    assert len(result.out.splitlines()) == 7


@pytest.mark.parametrize(("content", "said"), [("a: [b", "cannot be read as YAML"), ("\x00", "cannot be read as YAML")])
def test_a_file_that_is_no_manifest_is_said(desk: Desk, content: str, said: str) -> None:
    file = desk.file("cluster.yaml", content)
    result = desk.payobs("diff", "kubernetes", str(file))
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith(f"payobs: {file}: {said}")


def test_an_empty_directory_is_said(desk: Desk) -> None:
    (desk.directory / "empty").mkdir()
    result = desk.payobs("diff", "kubernetes", str(desk.directory / "empty"))
    assert (result.code, result.err) == (2, f"payobs: {desk.directory}/empty: holds no file *.yaml, *.yml or *.json\n")


def test_grafana_is_told_to_machines_too(desk: Desk) -> None:
    token = str(desk.file("token", grafana_stub.TOKEN))
    with stub_grafana() as grafana:
        known = ("grafana", "--url", grafana.url, "--token-file", token)
        assert desk.payobs("push", *known).code == 0
        del grafana.boards["payment-backup"]
        grafana.save_by_hand("payment-service", title="Ours")
        result = desk.payobs("diff", *known, "--output", "json")
    assert result.code == 1
    content = json.loads(result.out)
    assert (content["target"], content["place"], content["same"]) == ("grafana", grafana.url, False)
    assert {"subject": "dashboard payment-backup", "nature": "missing", "text": "is missing"} in content["differences"]
    assert {
        "subject": "dashboard payment-service",
        "nature": "changed",
        "text": 'title "Ours" -> "Payment service"',
    } in content["differences"]


def test_without_a_name_every_server_of_the_settings_is_compared(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is as generated, one differs, one is not there, one says no, and one is another program."""
    monkeypatch.setattr(Retry, "sleep", lambda *_: None)
    nobody = f"http://127.0.0.1:{free_port()}"
    with (
        stub_elasticsearch() as elasticsearch,
        stub_kibana() as kibana,
        stub_grafana() as grafana,
        serving(lambda *_: Answer(200, {"status": "success", "data": {"groups": "many"}})) as prometheus,
    ):
        key = str(desk.file("key", kibana_stub.KEY))
        assert desk.to("push", "kibana", kibana.url, kibana_stub.KEY).code == 0
        token = str(desk.file("token", "another-token"))
        addresses = {
            "urls": {
                "prometheus": prometheus,
                "alertmanager": nobody,
                "grafana": grafana.url,
                "kibana": kibana.url,
            },
            "logs": {"elasticsearch": [elasticsearch.url]},
        }
        desk.config.write_text(yaml.safe_dump(addresses))
        arguments = ("diff", "--config", str(desk.config), "--api-key-file", key, "--grafana-token-file", token)
        elasticsearch.answer_with("GET", "/", elasticsearch_objects_stub.Answer(404, {}))
        result = payobs(*arguments)
        machines = payobs(*arguments, "--output", "json")
    assert result.code == machines.code == 2
    assert result.err == ""
    text = result.out
    assert f"rules:\n  ! cannot be compared: {prometheus} answers with JSON that is not Prometheus'; " in text
    assert f"alertmanager:\n  ! cannot be compared: {nobody} cannot be reached: Connection refused\n" in text
    assert f"grafana:\n  ! cannot be compared: {grafana.url} does not accept the token (401: " in text
    assert "elasticsearch:\n  + component template logs-payment-service@mappings: is missing\n" in text
    assert f"kibana:\n{kibana.url}: {len(OBJECTS)} objects are as generated\n" in text
    by_target = {each["target"]: each for each in json.loads(machines.out)["targets"]}
    assert [*by_target] == ["rules", "alertmanager", "grafana", "elasticsearch", "kibana"]
    assert by_target["alertmanager"]["error"] == f"{nobody} cannot be reached: Connection refused"
    assert (by_target["kibana"]["same"], by_target["elasticsearch"]["same"]) == (True, False)


def test_options_before_the_name_are_not_lost_without_a_word(desk: Desk) -> None:
    result = payobs("diff", "--output", "json", "rules", "--config", str(desk.config))
    assert result.code == 2
    assert "--output: stands before 'rules'; give it after that word" in " ".join(result.err.split())
