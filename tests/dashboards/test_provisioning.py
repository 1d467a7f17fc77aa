"""The files, and the ConfigMaps, by which a Grafana finds data sources and dashboards."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from fnmatch import fnmatch
from typing import Any

import kubernetes_validate
import pytest
import yaml

from payment_bundle.generation import grafana_documents
from payment_bundle.rendering import render
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import OwnDashboard
from payment_catalog.documents import JsonDocument, YamlDocument
from payment_catalog.errors import ForeseenError
from payment_catalog.grafana_names import dashboard_uid, uid_prefix
from payment_catalog.links import data_view_state
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Urls
from payment_catalog.settings.scraping import Scraping
from payment_dashboards.provisioning import DASHBOARDS
from payment_dashboards.sidecar import sidecar
from payment_logging.variants import Variant, parts

SHOP = Settings(
    service="shop",
    exporter="shop-exporter",
    namespace="trade",
    scraping=Scraping(interval=timedelta(seconds=30)),
    urls=Urls(prometheus="http://prometheus:9090/path", kibana="http://kibana:5601"),
)
FOLDER, FOLDER_UID = "Payments: shop", "shop-observability"
#: 'kubectl apply' keeps the whole object in an annotation, and annotations end there.
MOST_BYTES_OF_ANNOTATIONS = 256 * 1024


def files(settings: Settings) -> dict[str, str]:
    """Each file as it is written."""
    documents = grafana_documents(build_catalog(settings))
    return {path: render(path, document).decode() for path, document in documents.items()}


def read(settings: Settings, path: str) -> Any:
    return yaml.safe_load(files(settings)[path])


def sources(settings: Settings) -> dict[str, dict[str, Any]]:
    """The data sources by type."""
    content = read(settings, f"grafana/provisioning/datasources/{uid_prefix(settings)}.yaml")
    return {source["type"]: source for source in content["datasources"]}


def config_maps(settings: Settings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        *read(settings, "kubernetes/base/grafana-dashboards.yaml")["items"],
        read(settings, "kubernetes/base/grafana-datasources.yaml"),
    ]
    return found


def test_prometheus_is_asked_as_often_as_it_scrapes() -> None:
    source = sources(SHOP)["prometheus"]
    assert source["url"] == "http://prometheus:9090/path"
    assert source["jsonData"]["timeInterval"] == "30s"
    assert source["jsonData"]["httpMethod"] == "POST"
    assert source["jsonData"]["alertmanagerUid"] == sources(SHOP)["alertmanager"]["uid"]


def test_an_exemplar_leads_to_the_log_lines_of_its_trace() -> None:
    (destination,) = sources(SHOP)["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert destination["name"] == "trace_id"
    assert destination["url"].startswith("http://kibana:5601/app/discover#/")
    assert "trace_id:%22$${__value.raw}%22" in destination["url"]
    assert f"_a=({data_view_state(SHOP)},query:(" in destination["url"]


def test_logs_are_looked_for_where_fluentd_writes_them() -> None:
    def parameters(sections: Any) -> Any:
        for section in sections:
            yield section.parameters
            yield from parameters(section.sections)

    files = parts(Variant.NODE, SHOP)
    found = (each for file in files for each in parameters(file.sections))
    (written,) = (each["index_name"] for each in found if each.get("@type") == "elasticsearch")
    source = sources(SHOP)["elasticsearch"]
    assert fnmatch(written, source["jsonData"]["index"])
    assert source["database"] == source["jsonData"]["index"]
    assert source["jsonData"]["timeField"] == "@timestamp"


def test_beside_other_data_sources_ours_do_no_harm() -> None:
    found = sources(Settings()).values()
    assert len({source["uid"] for source in found}) == len(found) == 3
    assert not any(source["isDefault"] for source in found)
    assert all(source["uid"].startswith("payment-") and source["name"].startswith("Payment ") for source in found)


def test_grafana_replaces_only_the_variables_that_are_meant() -> None:
    """Grafana's provisioning reads a dollar as the beginning of a variable, and two as one."""
    text = files(SHOP)["grafana/provisioning/datasources/shop.yaml"]
    assert re.findall(r"\$\w+", text.replace("$$", "")) == ["$ELASTICSEARCH_USER", "$ELASTICSEARCH_PASSWORD"]


def test_dashboards_are_loaded_into_the_folder_that_a_push_uses_and_cannot_be_edited_there() -> None:
    (provider,) = read(SHOP, "grafana/provisioning/dashboards/shop.yaml")["providers"]
    assert (provider["folder"], provider["folderUid"]) == (FOLDER, FOLDER_UID)
    assert provider["allowUiUpdates"] is False


@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("settings", [Settings(), SHOP], ids=["defaults", "shop"])
def test_every_config_map_is_valid(settings: Settings, version: str) -> None:
    found = config_maps(settings)
    assert len({it["metadata"]["name"] for it in found}) == len(found)
    for config_map in found:
        kubernetes_validate.validate(config_map, version, strict=True)
        assert config_map["metadata"]["namespace"] == settings.namespace
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", config_map["metadata"]["name"])


def test_a_sidecar_finds_the_same_bytes_as_the_files() -> None:
    written = files(SHOP)
    *dashboards, data_sources = config_maps(SHOP)
    found: dict[str, str] = {}
    for config_map in dashboards:
        assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert config_map["metadata"]["annotations"] == {"grafana_folder": FOLDER}
        found |= config_map["data"]
    assert {f"{DASHBOARDS}{name}": text for name, text in found.items()} == {
        path: text for path, text in written.items() if path.startswith(DASHBOARDS)
    }
    assert data_sources["metadata"]["labels"]["grafana_datasource"] == "1"
    (content,) = data_sources["data"].values()
    assert yaml.safe_load(content) == read(SHOP, "grafana/provisioning/datasources/shop.yaml")


def test_a_dashboard_can_be_read_and_applied_where_it_is_embedded() -> None:
    text = files(SHOP)["kubernetes/base/grafana-dashboards.yaml"]
    for config_map in read(SHOP, "kubernetes/base/grafana-dashboards.yaml")["items"]:
        (name,) = config_map["data"]
        assert f"    {name}: |\n      {{\n" in text
        assert len(json.dumps(config_map).encode()) < MOST_BYTES_OF_ANNOTATIONS


def test_a_dashboard_that_no_config_map_holds_is_refused() -> None:
    huge = {"grafana/dashboards/huge.json": JsonDocument({"title": "x" * (1 << 20)}, "test")}
    with pytest.raises(ForeseenError, match=r"huge\.json: 10\d{5} bytes, more than the 1048576"):
        sidecar(build_catalog(SHOP), huge)


def test_other_documents_are_no_dashboards() -> None:
    found = sidecar(build_catalog(SHOP), {"grafana/other.json": JsonDocument({}, "test")})
    document = found["kubernetes/base/grafana-dashboards.yaml"]
    assert isinstance(document, YamlDocument)
    assert document.content == {"apiVersion": "v1", "kind": "List", "items": []}


@pytest.mark.parametrize(
    ("uid", "end"), [("ledger", "ledger"), ("a-dashboard-with-a-name-of-many-letters", "[0-9a-f]{8}")]
)
def test_a_dashboard_of_an_extension_has_a_uid_for_each_service_of_one_grafana(uid: str, end: str) -> None:
    own = OwnDashboard(uid, "Ledger")
    assert dashboard_uid(Settings(service="wallet"), own) == uid
    for service in ("wallet", "a-service-with-a-name-longer-than-a-uid"):
        found = dashboard_uid(Settings(service=service, shared=True), own)
        assert re.fullmatch(f"{uid_prefix(Settings(service=service))}-{end}", found)
        assert len(found) <= 40
